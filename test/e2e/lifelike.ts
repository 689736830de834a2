import type { BrowserContext } from "playwright-core";

/** Gives a page a camera that shows somebody: head and shoulders of one colour before a background of another. */
export const lifelike = (person: string, background: string) => (context: BrowserContext) =>
  context.addInitScript(`
    const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
      if (!wanted.video) return ask(wanted);
      const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
      const pen = canvas.getContext("2d");
      const draw = () => {
        const light = pen.createRadialGradient(500, 200, 50, 640, 360, 900);
        light.addColorStop(0, "#ffffff");
        light.addColorStop(0.6, "${background}");
        pen.fillStyle = light;
        pen.fillRect(0, 0, 1280, 720);
        pen.fillStyle = "${person}";
        pen.beginPath();
        pen.ellipse(640, 290, 105, 130, 0, 0, 7);
        pen.fill();
        pen.beginPath();
        pen.ellipse(640, 720, 260, 250, 0, 0, 7);
        pen.fill();
      };
      setInterval(draw, 50);
      return canvas.captureStream(20);
    };
  `);
