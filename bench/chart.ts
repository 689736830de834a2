import { createRequire } from "node:module";
import type { Curves } from "./findings.js";

/** Of ECharts what is asked for here; it is installed with the peers and not with the product. */
interface ECharts {
  readonly init: (
    element: null,
    theme: null,
    options: { readonly renderer: "svg"; readonly ssr: true; readonly width: number; readonly height: number },
  ) => {
    readonly setOption: (option: object) => void;
    readonly renderToSVGString: () => string;
    readonly dispose: () => void;
  };
}

const size = { width: 860, height: 500 };
/** Told apart by colour-blind readers too (Okabe and Ito), and by their marks. */
const looks = [
  { color: "#0072B2", symbol: "circle" },
  { color: "#D55E00", symbol: "triangle" },
  { color: "#009E73", symbol: "rect" },
  { color: "#CC79A7", symbol: "diamond" },
  { color: "#7A6A00", symbol: "pin" },
];
const ink = "#222";

/** The curves as an SVG with both axes logarithmic, on white, so that it can be read on a dark page too. */
export const drawn = ({ title, across, up, lines }: Curves): string => {
  const echarts = createRequire(new URL("../../bench/package.json", import.meta.url))("echarts") as ECharts;
  const chart = echarts.init(null, null, { renderer: "svg", ssr: true, ...size });
  const text = { color: ink, fontFamily: "sans-serif", fontSize: 14 };
  const axis = {
    type: "log",
    nameLocation: "middle",
    nameTextStyle: text,
    axisLabel: { ...text, formatter: (value: number) => value.toLocaleString("en", { maximumFractionDigits: 3 }) },
    axisLine: { show: true, lineStyle: { color: ink } },
    splitLine: { show: true, lineStyle: { color: "#ddd" } },
    minorTick: { show: true },
    minorSplitLine: { show: true, lineStyle: { color: "#f2f2f2" } },
  };
  const [least = 1, most = 10] = extent(lines.flatMap(({ points }) => points.map(([x]) => x)));
  chart.setOption({
    animation: false,
    backgroundColor: "#fff",
    title: { text: title, left: "center", top: 8, textStyle: { ...text, fontSize: 17 } },
    legend: { top: 40, textStyle: text, itemGap: 18, itemWidth: 32 },
    grid: { left: 84, right: 30, top: 84, bottom: 62 },
    xAxis: { ...axis, name: across, nameGap: 34, min: least, max: most },
    yAxis: { ...axis, name: up, nameGap: 58 },
    series: lines.map(({ name, points }, i) => ({
      ...looks[i % looks.length],
      type: "line",
      name,
      data: points,
      symbolSize: 10,
      lineStyle: { width: i === 0 ? 4 : 2 },
      z: i === 0 ? 3 : 2,
    })),
  });
  const svg = chart.renderToSVGString();
  // Otherwise its timers keep the process alive.
  chart.dispose();
  return svg;
};

const extent = (numbers: ReadonlyArray<number>): readonly [number, number] => [
  Math.min(...numbers),
  Math.max(...numbers),
];
