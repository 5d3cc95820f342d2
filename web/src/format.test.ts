import { describe, expect, test } from 'vitest';
import * as f from './format';

describe('format', () => {
  test('reads int64 that arrive as text', () => {
    expect(f.count('175392110')).toBe('175,392,110');
    expect(f.bytes('2048')).toBe('2.0 KB');
    expect(f.num('')).toBeNaN();
  });

  test('steps of time are those of the CLI', () => {
    expect(f.micros(999.94)).toBe('999.9 µs');
    expect(f.micros(1000)).toBe('1.000 ms');
    expect(f.micros(812004)).toBe('812.004 ms');
    expect(f.micros(1.5e6)).toBe('1.500 s');
  });

  test('a change carries its sign and says when there is none', () => {
    expect(f.change(0.0312)).toBe('+3.12 %');
    expect(f.change(-0.25)).toBe('−25.0 %');
    expect(f.change(0.0001)).toBe('+0.010 %');
    expect(f.change(0)).toBe('±0 %');
    expect(f.change(475)).toBe('×476.0');
  });

  test('absent figures are a dash, never 0 or NaN', () => {
    for (const fn of [
      f.count,
      f.bytes,
      f.micros,
      f.percent,
      f.change,
      f.compact,
    ]) {
      expect(fn(undefined)).toBe(f.NONE);
      expect(fn(Number.NaN)).toBe(f.NONE);
    }
    expect(f.seconds(-1)).toBe(f.NONE);
    expect(f.time(undefined)).toBe(f.NONE);
  });

  test('bytes and seconds', () => {
    expect(f.bytes(1023)).toBe('1023 B');
    expect(f.bytes(1536 * 1024)).toBe('1.50 MB');
    expect(f.bytesExact(12595)).toBe('12.3 KB (12,595)');
    expect(f.seconds(0.25)).toBe('250 ms');
    expect(f.seconds(61)).toBe('1 min 01 s');
    expect(f.seconds(3660)).toBe('1 h 01 min');
  });

  test('an unknown origin is said aloud', () => {
    expect(f.originWord(undefined)).toBe('UNKNOWN ORIGIN');
    expect(f.originWord('EMULATED')).toBe('EMULATED');
  });

  test('ago', () => {
    const now = Date.parse('2026-01-01T00:10:00Z');
    expect(f.ago('2026-01-01T00:07:00Z', now)).toBe('3 min ago');
    expect(f.ago(undefined, now)).toBe(f.NONE);
  });
});
