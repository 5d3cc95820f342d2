import { expect, test } from 'vitest';
import { toCsv } from './csv';

const csv = (rows: (string | number | undefined)[][]) =>
  toCsv({ name: 'x', columns: ['a', 'b'], rows });

test('quotes what needs quotes', () => {
  expect(
    csv([
      ['x,y', 'say "hi"'],
      ['line\nbreak', undefined],
    ]),
  ).toBe('a,b\r\n"x,y","say ""hi"""\r\n"line\nbreak",\r\n');
});

test('a cell never becomes a formula, a negative number stays one', () => {
  expect(
    csv([
      ['=1+1', '-12.5'],
      ['@cmd', -3],
      ['+1e-3', '-x'],
    ]),
  ).toBe("a,b\r\n'=1+1,-12.5\r\n'@cmd,-3\r\n+1e-3,'-x\r\n");
});
