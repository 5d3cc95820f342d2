// The figures that people quote, each with its definition.
import { bytes, count, micros, num, percent, plural } from '../../format';
import type { BoardKind, Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { definitions } from '../../ui/definitions';
import { ExportButton } from '../../ui/export';
import { Term } from '../../ui/term';
import { shareOf, timingModel } from './data';

/** Name, figure, what stands below it, definition. */
type Figure = [string, string, string, string];

function figuresOf(run: Run, kind: BoardKind | undefined): Figure[] {
  const l = run.latency;
  const perCycle = num(run.macs) / num(l?.cyclesP50);
  const alike = !!l && l.cyclesMin === l.cyclesMax;
  const counted = num(run.instructions) > 0;
  const sram = num(run.memory?.totalBytes);
  const flash = num(run.flash?.totalBytes);
  return [
    [
      'latency',
      micros(l?.usP50),
      alike
        ? `all ${l.sampleCount} samples alike`
        : `${micros(l?.usMin)} to ${micros(l?.usMax)}, p90 ${micros(l?.usP90)}`,
      definitions.latency,
    ],
    [
      'cycles',
      count(l?.cyclesP50),
      plural(l?.sampleCount ?? 0, 'sample'),
      definitions.cycles,
    ],
    [
      'SRAM',
      bytes(sram),
      shareOf(sram, num(kind?.ramBytes)) ||
        `arena ${bytes(run.memory?.arenaBytes)}`,
      definitions.sram,
    ],
    [
      'flash',
      bytes(flash),
      shareOf(flash, num(kind?.flashBytes)) ||
        `weights ${bytes(run.flash?.weightsBytes)}`,
      definitions.flash,
    ],
    [
      'top-1',
      run.accuracy ? percent(run.accuracy.top1) : '–',
      run.accuracy
        ? `${count(run.accuracy.correct)} of ${count(run.accuracy.total)}`
        : 'no dataset in this run',
      definitions.accuracy,
    ],
    [
      'MACs',
      count(run.macs),
      Number.isFinite(perCycle) ? `${perCycle.toFixed(3)} per cycle` : '',
      definitions.macs,
    ],
    [
      'instructions',
      counted ? count(run.instructions) : '–',
      counted ? 'one inference' : 'the board cannot count them',
      definitions.instructions,
    ],
  ];
}

function sheetOf(run: Run) {
  const l = run.latency;
  const m = run.memory;
  const cells: [string, string | number | undefined][] = [
    ['run', run.id],
    ['origin', run.origin],
    ['us_p50', l?.usP50],
    ['us_min', l?.usMin],
    ['us_p90', l?.usP90],
    ['us_max', l?.usMax],
    ['cycles_p50', l?.cyclesP50],
    ['sample_count', l?.sampleCount],
    ['instructions', run.instructions],
    ['arena_bytes', m?.arenaBytes],
    ['static_bytes', m?.staticBytes],
    ['stack_bytes', m?.stackBytes],
    ['sram_bytes', m?.totalBytes],
    ['flash_bytes', run.flash?.totalBytes],
    ['top1', run.accuracy?.top1],
    ['correct', run.accuracy?.correct],
    ['total', run.accuracy?.total],
    ['macs', run.macs],
  ];
  return {
    name: `${run.id}-headline`,
    columns: cells.map(([name]) => name),
    rows: [cells.map(([, value]) => value)],
  };
}

export function Headline({
  run,
  kind,
}: {
  run: Run;
  kind: BoardKind | undefined;
}) {
  return (
    <section aria-labelledby="headline">
      <div class="section-head">
        <h2 id="headline">
          Headline figures <OriginBadge origin={run.origin} />
        </h2>
        <ExportButton sheet={() => sheetOf(run)} />
      </div>
      <dl class="headline">
        {figuresOf(run, kind).map(([name, value, more, help]) => (
          <div key={name}>
            <dt>
              <Term help={help}>{name}</Term>
            </dt>
            <dd>
              <span class="figure">{value}</span>
              <span class="quiet">{more}</span>
            </dd>
          </div>
        ))}
      </dl>
      {run.origin === 'EMULATED' && (
        <p class="quiet">
          Cycles come from a virtual board, not from a chip; timing model{' '}
          {timingModel(run)}.
        </p>
      )}
    </section>
  );
}
