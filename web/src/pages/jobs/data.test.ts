import { expect, test } from 'vitest';
import type { Board } from '../../types.gen';
import { fileProblem, kinds, makeNonce, requests, toFilter } from './data';

const board = (boardId: string, state: string, origin = 'EMULATED') =>
  ({ name: `a/${boardId}`, boardId, state, origin }) as Board;

test('kinds: present ones first, virtual only when all of a kind are', () => {
  const list = kinds([
    board('a', 'OFFLINE'),
    board('b', 'IDLE'),
    board('b', 'BUSY', 'MEASURED'),
  ]);
  expect(list.map((k) => [k.id, k.present, k.virtual])).toEqual([
    ['b', 2, false],
    ['a', 0, true],
  ]);
});

test('one request per board, each with its own id, the same on a second click', () => {
  const form = {
    modelSha256: 's',
    modelName: 'm.tflite',
    boards: ['a', 'b'],
    dataset: '',
    runs: 10,
    warmups: 0,
    priority: 0,
    optimize: 'speed',
    submitter: '',
  };
  const made = requests(form, 'n');
  expect(made.map((r) => r.requestId)).toEqual(['web-n-a', 'web-n-b']);
  expect(made[0]!.spec!.warmups).toBe(0);
  expect(requests(form, 'n')).toEqual(made);
  expect(makeNonce((b) => b.fill(10))).toBe('0a0a0a0a0a0a0a0a');
});

test('a wrong file is refused before it is sent', () => {
  expect(fileProblem('m.tflite', 10, 100)).toBe('');
  expect(fileProblem('m.onnx', 10, 100)).toMatch(/\.tflite/);
  expect(fileProblem('m.tflite', 0, 100)).toMatch(/empty/);
  expect(fileProblem('m.tflite', 101, 100)).toMatch(/at most 100/);
});

test('filter of the list', () => {
  expect(toFilter(new URLSearchParams('state=FAILED&board=x'))).toBe(
    'state=FAILED AND board_id=x',
  );
});
