// Confusion matrix: a real table (readable aloud) with its cells as heat.
import { count, percent } from '../format';

export interface Confusion {
  classCount: number;
  /** Rows: truth, columns: prediction. */
  cells: number[];
}

/** More classes than this: the pairs most often confused, as a list. */
export const LARGEST_MATRIX = 24;

export interface Mistake {
  label: number;
  predicted: number;
  count: number;
}

export function mistakes({ classCount, cells }: Confusion): Mistake[] {
  const out: Mistake[] = [];
  cells.forEach((n, i) => {
    const label = Math.floor(i / classCount);
    const predicted = i % classCount;
    if (n > 0 && label !== predicted) out.push({ label, predicted, count: n });
  });
  return out.sort((a, b) => b.count - a.count);
}

/** Heat step 0..8 of a cell within its row. */
export function heat(value: number, rowSum: number): number {
  return rowSum > 0 && value > 0
    ? Math.max(1, Math.round((value / rowSum) * 8))
    : 0;
}

export function ConfusionMatrix({ confusion }: { confusion: Confusion }) {
  const { classCount, cells } = confusion;
  if (classCount > LARGEST_MATRIX) return <MistakeList confusion={confusion} />;
  const classes = Array.from({ length: classCount }, (_, i) => i);
  const row = (truth: number) =>
    cells.slice(truth * classCount, (truth + 1) * classCount);
  return (
    <div>
      <p class="quiet">Rows: truth. Columns: prediction. Last: recall.</p>
      <div
        class="scroll"
        tabIndex={0}
        role="region"
        aria-label="Confusion matrix"
      >
        <table class="confusion">
          <caption class="visually-hidden">Confusion matrix</caption>
          <thead>
            <tr>
              <th scope="col">class</th>
              {classes.map((c) => (
                <th key={c} scope="col">
                  {c}
                </th>
              ))}
              <th scope="col">recall</th>
            </tr>
          </thead>
          <tbody>
            {classes.map((truth) => {
              const values = row(truth);
              const sum = values.reduce((a, b) => a + b, 0);
              return (
                <tr key={truth}>
                  <th scope="row">{truth}</th>
                  {values.map((v, predicted) => (
                    <td
                      key={predicted}
                      title={`truth ${truth}, predicted ${predicted}: ${v}`}
                      class={`heat ${truth === predicted ? 'right' : 'wrong'}-${heat(v, sum)}`}
                    >
                      {v}
                    </td>
                  ))}
                  <td>{sum ? percent(values[truth]! / sum, 1) : '–'}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function MistakeList({ confusion }: { confusion: Confusion }) {
  const all = mistakes(confusion);
  return (
    <div>
      <p class="quiet">
        {count(confusion.classCount)} classes; the pairs most often confused:
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">truth</th>
            <th scope="col">predicted</th>
            <th scope="col" class="number">
              samples
            </th>
          </tr>
        </thead>
        <tbody>
          {all.slice(0, 25).map((m) => (
            <tr key={`${m.label} ${m.predicted}`}>
              <td>{m.label}</td>
              <td>{m.predicted}</td>
              <td class="number">{m.count}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
