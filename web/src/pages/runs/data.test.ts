import { expect, test } from 'vitest';
import { quote } from '../../filter';
import type { Run } from '../../types.gen';
import { selected, toFilter, toggle, valuesSeen } from './data';

const filter = (text: string) => toFilter(new URLSearchParams(text));

test('URL keys become conditions of the server, joined by AND', () => {
  expect(filter('model=kws.tflite&board=nucleo_f746zg&origin=EMULATED')).toBe(
    'model_name=kws.tflite AND board_id=nucleo_f746zg AND origin=EMULATED',
  );
  expect(filter('')).toBe('');
});

test('a free OR is bracketed, so that it cannot widen the other conditions', () => {
  expect(filter('board=a&filter=us_p50<5 OR top1>0.9')).toBe(
    'board_id=a AND (us_p50<5 OR top1>0.9)',
  );
  expect(filter('filter=a=1 OR b=2')).toBe('a=1 OR b=2');
});

test('values that are no plain word are quoted', () => {
  expect(quote('my model.tflite')).toBe('"my model.tflite"');
  expect(quote('x" OR origin="MEASURED')).toBe('"x\\" OR origin=\\"MEASURED"');
});

test('selection lives in the URL', () => {
  expect(selected(new URLSearchParams('select=r-1,r-2'))).toEqual([
    'r-1',
    'r-2',
  ]);
  expect(toggle(['r-1', 'r-2'], 'r-1')).toEqual(['r-2']);
  expect(toggle(['r-1'], 'r-3')).toEqual(['r-1', 'r-3']);
});

test('quick filters suggest what is on the page, once and sorted', () => {
  const runs = ['b', 'a', 'b', ''].map((submitter) => ({ submitter }) as Run);
  expect(valuesSeen(runs, 'submitter')).toEqual(['a', 'b']);
});
