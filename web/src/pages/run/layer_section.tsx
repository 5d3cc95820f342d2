import { Bar } from '../../charts/bar';
import { bytes, count, percent, shape } from '../../format';
import { setParams } from '../../router';
import type { Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { definitions } from '../../ui/definitions';
import {
  type Column,
  DataTable,
  formatSort,
  parseSort,
  sortRows,
} from '../../ui/table';
import { type LayerRow, layerRows } from './data';

export function LayerSection({
  run,
  params,
}: {
  run: Run;
  params: URLSearchParams;
}) {
  const all = layerRows(run.layers);
  if (all.length === 0) return null;
  const most = (pick: (row: LayerRow) => number) =>
    Math.max(...all.map(pick)) || 1;
  const cycles = most((r) => r.cycles);
  const macs = most((r) => r.macs);
  const weights = most((r) => r.weights);
  const columns: Column<LayerRow>[] = [
    { key: 'index', title: '#', value: (r) => r.index, sort: true },
    { key: 'op', title: 'operator', value: (r) => r.op, sort: true },
    {
      key: 'name',
      title: 'output tensor',
      value: (r) => r.name,
      className: 'name',
      show: (r) => <span title={r.name}>{r.shortName}</span>,
    },
    {
      key: 'input_shape',
      title: 'input',
      value: (r) => shape(r.input),
      hidden: true,
    },
    {
      key: 'output_shape',
      title: 'output',
      value: (r) => shape(r.output),
      show: (r) => (
        <span title={`from ${shape(r.input)}`}>{shape(r.output)}</span>
      ),
    },
    {
      key: 'cycles',
      title: 'cycles',
      number: true,
      sort: true,
      value: (r) => r.cycles,
      className: 'with-bar',
      show: (r) => (
        <>
          {count(r.cycles)}
          <Bar share={r.cycles / cycles} />
        </>
      ),
    },
    {
      key: 'share',
      title: 'share',
      number: true,
      sort: true,
      value: (r) => r.share,
      help: definitions.share,
      show: (r) => percent(r.share, 1),
    },
    {
      key: 'macs',
      title: 'MACs',
      number: true,
      sort: true,
      value: (r) => r.macs,
      className: 'with-bar',
      show: (r) => (
        <>
          {count(r.macs)}
          <Bar share={r.macs / macs} tone="b" />
        </>
      ),
    },
    {
      key: 'weights_bytes',
      title: 'weights',
      number: true,
      sort: true,
      value: (r) => r.weights,
      className: 'with-bar',
      show: (r) => (
        <>
          {bytes(r.weights)}
          <Bar share={r.weights / weights} tone="c" />
        </>
      ),
    },
    {
      key: 'macs_per_cycle',
      title: 'MACs/cycle',
      number: true,
      sort: true,
      value: (r) => r.macsPerCycle,
      help: definitions.macsPerCycle,
      show: (r) => (r.macs > 0 ? r.macsPerCycle.toFixed(3) : '–'),
    },
  ];
  const sort = parseSort(params.get('layers'), {
    key: 'index',
    descending: false,
  });
  return (
    <section aria-labelledby="layers">
      <h2 id="layers">
        Layers <OriginBadge origin={run.origin} />
      </h2>
      <DataTable
        name={`${run.id}-layers`}
        columns={columns}
        rows={sortRows(all, columns, sort)}
        rowKey={(r) => String(r.index)}
        sort={sort}
        caption={`${all.length} layers; profiling adds ${count(run.layerOverheadCycles)} cycles to each`}
        onSort={(next) =>
          setParams({ layers: formatSort(next) }, { replace: true })
        }
      />
    </section>
  );
}
