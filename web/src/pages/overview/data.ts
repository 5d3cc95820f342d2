// The matrix of the overview: values in, values out.
import type { Sheet } from '../../csv';
import { num } from '../../format';
import type { Overview, OverviewCell } from '../../types.gen';

export interface Matrix {
  models: string[];
  boards: string[];
  at(model: string, board: string): OverviewCell | undefined;
}

export function toMatrix(overview: Overview): Matrix {
  const cells = new Map<string, OverviewCell>();
  for (const cell of overview.cells)
    cells.set(`${cell.modelName}\n${cell.boardId}`, cell);
  const used = (pick: (cell: OverviewCell) => string) =>
    new Set(overview.cells.map(pick));
  const models = used((cell) => cell.modelName);
  const boards = used((cell) => cell.boardId);
  return {
    models: overview.modelNames.filter((name) => models.has(name)),
    boards: overview.boardIds.filter((id) => boards.has(id)),
    at: (model, board) => cells.get(`${model}\n${board}`),
  };
}

export function hasPrevious(cell: OverviewCell): boolean {
  return cell.previousRunId !== '';
}

export function toSheet(overview: Overview): Sheet {
  return {
    name: 'overview',
    columns: [
      'model',
      'board',
      'run',
      'origin',
      'time',
      'us_p50',
      'cycles_p50',
      'us_p50_change',
      'previous_run',
      'sram_bytes',
      'flash_bytes',
      'top1',
      'correct',
      'total',
      'run_count',
      'us_p50_history',
    ],
    rows: overview.cells.map((c) => [
      c.modelName,
      c.boardId,
      c.runId,
      c.origin,
      c.createTime,
      c.usP50,
      num(c.cyclesP50),
      hasPrevious(c) ? c.usP50Change : undefined,
      c.previousRunId,
      num(c.sramBytes),
      num(c.flashBytes),
      c.top1,
      c.top1 === undefined ? undefined : num(c.correct),
      c.top1 === undefined ? undefined : num(c.total),
      num(c.runCount),
      c.sparklineUsP50.join(' '),
    ]),
  };
}
