import { MemoryPlan } from '../../charts/memory_plan';
import { SplitBar } from '../../charts/split_bar';
import { num } from '../../format';
import type { Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { ExportButton } from '../../ui/export';
import { flashParts, planBuffers, sramParts } from './data';

export function MemorySections({ run }: { run: Run }) {
  const plan = planBuffers(run);
  const names = run.layers.map((layer) => layer.info?.op ?? '');
  const parts = { flash: flashParts(run), sram: sramParts(run) };
  const partSheet = (kind: 'flash' | 'sram') => () => ({
    name: `${run.id}-${kind}`,
    columns: ['part', 'bytes'],
    rows: parts[kind].map((p) => [p.name, p.bytes]),
  });
  return (
    <>
      {plan.length > 0 && (
        <section aria-labelledby="plan">
          <div class="section-head">
            <h2 id="plan">
              Memory plan <OriginBadge origin={run.origin} />
            </h2>
            <ExportButton
              sheet={() => ({
                name: `${run.id}-plan`,
                columns: [
                  'tensor',
                  'offset_bytes',
                  'size_bytes',
                  'first_layer',
                  'last_layer',
                ],
                rows: plan.map((b) => [
                  b.tensor,
                  b.offset,
                  b.size,
                  b.first,
                  b.last,
                ]),
              })}
            />
          </div>
          <MemoryPlan
            plan={plan}
            layerNames={names}
            arena={num(run.memory?.arenaBytes)}
          />
        </section>
      )}
      <div class="two">
        <section aria-labelledby="flash">
          <div class="section-head">
            <h2 id="flash">
              Flash <OriginBadge origin={run.origin} />
            </h2>
            <ExportButton sheet={partSheet('flash')} />
          </div>
          <SplitBar label="Flash" parts={parts.flash} />
          <p class="quiet">From the linked ELF, each byte counted once.</p>
        </section>
        <section aria-labelledby="sram">
          <div class="section-head">
            <h2 id="sram">
              SRAM <OriginBadge origin={run.origin} />
            </h2>
            <ExportButton sheet={partSheet('sram')} />
          </div>
          <SplitBar label="SRAM" parts={parts.sram} />
          <p class="quiet">
            Arena and static from the ELF; the stack by painting it on the
            board.
          </p>
        </section>
      </div>
    </>
  );
}
