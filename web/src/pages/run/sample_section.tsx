import { Histogram } from '../../charts/histogram';
import { count, num } from '../../format';
import type { Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import { Term } from '../../ui/term';

export function SampleSection({ run }: { run: Run }) {
  const samples = run.latency?.cycles.map(num) ?? [];
  if (samples.length === 0) return null;
  const clock = num(run.environment?.clockHz);
  const equal = samples.every((s) => s === samples[0]);
  return (
    <section aria-labelledby="samples">
      <div class="section-head">
        <h2 id="samples">
          Raw samples <OriginBadge origin={run.origin} />
        </h2>
        <ExportButton
          sheet={() => ({
            name: `${run.id}-samples`,
            columns: ['sample', 'cycles', 'us'],
            rows: samples.map((s, i) => [
              i,
              s,
              clock > 0 ? (s / clock) * 1e6 : undefined,
            ]),
          })}
        />
      </div>
      <Histogram samples={samples} median={num(run.latency?.cyclesP50)} />
      <p class="quiet">
        {samples.length} inferences
        {equal ? ', all of the same number of cycles' : ''};{' '}
        <Term help={definitions.overhead}>counter overhead</Term>{' '}
        {count(run.latency?.overheadCycles)} cycles.
      </p>
    </section>
  );
}
