// The one place that turns numbers into text for people. Words and steps are
// those of the CLI (KB = 1024 bytes). Input may be proto3 JSON (int64 as text).
import type { Origin } from './types.gen';

export type Num = number | string | undefined | null;

/** Absent or not a number: what stands in a cell then. */
export const NONE = '–';

/** proto3 JSON number -> number; NaN when there is none. */
export function num(value: Num): number {
  return value === undefined || value === null || value === ''
    ? Number.NaN
    : Number(value);
}

/** 1234567 -> "1,234,567". */
export function count(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return NONE;
  const [whole, fraction] = String(Math.abs(n)).split('.');
  const grouped = whole!.replace(/\B(?=(\d{3})+(?!\d))/g, ',');
  return (n < 0 ? '-' : '') + grouped + (fraction ? '.' + fraction : '');
}

export function bytes(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return NONE;
  const size = Math.abs(n);
  if (size < 1024) return `${n} B`;
  if (size < 1024 * 1024) return `${(n / 1024).toFixed(1)} KB`;
  return `${(n / 1024 / 1024).toFixed(2)} MB`;
}

/** "12.3 KB (12,595)". */
export function bytesExact(value: Num): string {
  const n = num(value);
  return Number.isFinite(n) && n >= 1024
    ? `${bytes(n)} (${count(n)})`
    : bytes(n);
}

export function micros(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return NONE;
  const size = Math.abs(n);
  if (size < 1000) return `${n.toFixed(1)} µs`;
  if (size < 1e6) return `${(n / 1e3).toFixed(3)} ms`;
  return `${(n / 1e6).toFixed(3)} s`;
}

export function seconds(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n) || n < 0) return NONE;
  if (n < 1) return `${Math.round(n * 1000)} ms`;
  if (n < 10) return `${n.toFixed(1)} s`;
  if (n < 60) return `${Math.round(n)} s`;
  const whole = Math.round(n);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  return `${Math.floor(whole / 3600)} h ${pad(Math.floor((whole % 3600) / 60))} min`;
}

/** 0.8765 -> "87.65 %". */
export function percent(value: Num, digits = 2): string {
  const n = num(value);
  return Number.isFinite(n) ? `${(n * 100).toFixed(digits)} %` : NONE;
}

/** A relative change with its sign: 0.0312 -> "+3.1 %", 0 -> "±0 %". */
export function change(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return NONE;
  if (n === 0) return '±0 %';
  if (n >= 9) return `×${(n + 1).toFixed(1)}`;
  const digits = Math.abs(n) < 0.001 ? 3 : Math.abs(n) < 0.1 ? 2 : 1;
  return `${n > 0 ? '+' : '−'}${Math.abs(n * 100).toFixed(digits)} %`;
}

/** "1 job", "2 jobs". */
export function plural(n: number, word: string): string {
  return `${count(n)} ${word}${n === 1 ? '' : 's'}`;
}

export function hertz(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n) || n === 0) return NONE;
  return n >= 1e6 ? `${trim(n / 1e6)} MHz` : `${trim(n / 1e3)} kHz`;
}

/** 12345678 -> "12.35 M": axes and narrow cells. */
export function compact(value: Num): string {
  const n = num(value);
  if (!Number.isFinite(n)) return NONE;
  const size = Math.abs(n);
  if (size >= 1e9) return `${trim(n / 1e9)} G`;
  if (size >= 1e6) return `${trim(n / 1e6)} M`;
  if (size >= 1e4) return `${trim(n / 1e3)} k`;
  return count(Number(n.toPrecision(6)));
}

/** Local time to the second, "2026-11-22 22:15:55". */
export function time(value: string | undefined): string {
  if (!value) return NONE;
  const t = new Date(value);
  if (Number.isNaN(t.getTime())) return NONE;
  return (
    `${t.getFullYear()}-${pad(t.getMonth() + 1)}-${pad(t.getDate())} ` +
    `${pad(t.getHours())}:${pad(t.getMinutes())}:${pad(t.getSeconds())}`
  );
}

/** Milliseconds between two RFC 3339 times; NaN when one is absent. */
export function between(
  from: string | undefined,
  to: string | undefined,
): number {
  return from && to ? Date.parse(to) - Date.parse(from) : Number.NaN;
}

/** "3 min ago" for a time in the past. */
export function ago(value: string | undefined, now: number): string {
  const s = value ? (now - Date.parse(value)) / 1000 : Number.NaN;
  if (!Number.isFinite(s)) return NONE;
  if (s < 5) return 'now';
  if (s < 60) return `${Math.round(s)} s ago`;
  if (s < 3600) return `${Math.round(s / 60)} min ago`;
  if (s < 86400) return `${Math.round(s / 3600)} h ago`;
  return `${Math.round(s / 86400)} d ago`;
}

export function shape(dims: readonly number[]): string {
  return dims.length ? dims.join('×') : 'scalar';
}

/** Long hashes: enough to tell apart; the whole stands in the title. */
export function shortHash(hash: string): string {
  return hash.length > 12 ? `${hash.slice(0, 12)}…` : hash || NONE;
}

export function originWord(origin: Origin | undefined): string {
  return !origin || origin === 'ORIGIN_UNSPECIFIED' ? 'UNKNOWN ORIGIN' : origin;
}

function trim(n: number): string {
  return String(Number(n.toFixed(2)));
}

function pad(n: number): string {
  return String(n).padStart(2, '0');
}
