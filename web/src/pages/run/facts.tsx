// What stood around the figures: the environment and the time of each stage.
import { seconds } from '../../format';
import type { Run } from '../../types.gen';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import { Term } from '../../ui/term';
import { environmentRows } from './data';

export function EnvironmentSection({ run }: { run: Run }) {
  const rows = environmentRows(run);
  return (
    <section aria-labelledby="environment">
      <div class="section-head">
        <h2 id="environment">Environment</h2>
        <ExportButton
          sheet={() => ({
            name: `${run.id}-environment`,
            columns: ['field', 'value'],
            rows,
          })}
        />
      </div>
      <p class="quiet">
        All that must be equal for two figures to be comparable.
      </p>
      <table class="facts">
        <tbody>
          {rows.map(([name, value]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{value || '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** What a stage that took no time means. */
const skipped: Record<string, string> = {
  compile: 'none: the image came from the compile cache',
  flash: 'none: the image was on the board already',
};

export function Stages({ run }: { run: Run }) {
  const stages: [string, number, string][] = [
    ['queue', run.queueS, definitions.queue],
    ['compile', run.compileS, definitions.compile],
    ['flash', run.flashS, definitions.flashTime],
    ['board', run.boardS, definitions.board],
  ];
  return (
    <section aria-labelledby="stages">
      <div class="section-head">
        <h2 id="stages">Where the time went</h2>
        <ExportButton
          sheet={() => ({
            name: `${run.id}-stages`,
            columns: ['stage', 'seconds'],
            rows: stages.map(([n, s]) => [n, s]),
          })}
        />
      </div>
      <table class="facts">
        <tbody>
          {stages.map(([name, value, help]) => (
            <tr key={name}>
              <th scope="row">
                <Term help={help}>{name}</Term>
              </th>
              <td>
                {value > 0 ? seconds(value) : (skipped[name] ?? seconds(value))}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
