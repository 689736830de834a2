import type { Millis } from "./id.js";

const dayMs = 86_400_000;
const eraDays = 146_097;

/** ISO 8601 in UTC with milliseconds, for the years 1970 to 9999: the core has no clock, and so no `Date` either. */
export const iso = (at: Millis): string => {
  const days = Math.floor(at / dayMs);
  const ms = at - days * dayMs;
  const hour = Math.floor(ms / 3_600_000);
  const minute = Math.floor(ms / 60_000) % 60;
  const second = Math.floor(ms / 1_000) % 60;
  return `${date(days)}T${pad(hour, 2)}:${pad(minute, 2)}:${pad(second, 2)}.${pad(ms % 1_000, 3)}Z`;
};

/** The Gregorian calendar repeats every 400 years; counted from 1 March, a leap day is the last of its year. */
const date = (daysSince1970: number): string => {
  const days = daysSince1970 + 719_468;
  const era = Math.floor(days / eraDays);
  const ofEra = days - era * eraDays;
  const leapDays = Math.floor(ofEra / 1_460) - Math.floor(ofEra / 36_524) + Math.floor(ofEra / 146_096);
  const yearOfEra = Math.floor((ofEra - leapDays) / 365);
  const dayOfYear = ofEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1;
  const month = ((monthFromMarch + 2) % 12) + 1;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
};

const pad = (n: number, digits: number): string => String(n).padStart(digits, "0");
