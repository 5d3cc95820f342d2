import { useEffect, useState } from 'preact/hooks';
import { getOverview, getTrend, listBaselines } from '../../api';
import { TimeSeries, type Zoom } from '../../charts/time_series';
import { time } from '../../format';
import { useLoad } from '../../load';
import { setParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { Overview, Trend } from '../../types.gen';
import { OriginBadge, OriginBadges } from '../../ui/badge';
import { ExportButton } from '../../ui/export';
import { Popup } from '../../ui/popup';
import { Empty, Loaded } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import {
  fieldWord,
  formatTime,
  lineName,
  metricOf,
  metrics,
  MOST_LINES,
  pairs,
  type PointRow,
  parseZoom,
  toLines,
  toMarks,
  toRows,
} from './data';

const TABLE_ROWS = 200;

export default function TrendsPage({ params }: PageProps) {
  const overview = useLoad('', (signal) => getOverview('', signal));
  return (
    <>
      <h1>Trends</h1>
      <Loaded load={overview} what="models and boards">
        {(known) =>
          known.modelNames.length === 0 ? (
            <Empty title="No run yet.">
              <a href="/jobs?submit=1">Submit a model</a>
            </Empty>
          ) : (
            <Chooser known={known} params={params} />
          )
        }
      </Loaded>
    </>
  );
}

function Chooser({
  known,
  params,
}: {
  known: Overview;
  params: URLSearchParams;
}) {
  const wanted = pairs(params, known.modelNames, known.boardIds);
  const metric = metricOf(params.get('metric'));
  const load = useLoad(JSON.stringify([wanted, metric.key]), (signal) =>
    Promise.all(
      wanted.map((pair) =>
        getTrend(
          {
            modelName: pair.model,
            boardId: pair.board,
            metric: metric.key,
            limit: 1000,
          },
          signal,
        ),
      ),
    ),
  );
  const models = [...new Set(wanted.map((p) => p.model))];
  const boards = [...new Set(wanted.map((p) => p.board))];
  return (
    <>
      <div class="filters">
        <label>
          metric{' '}
          <select
            value={metric.key}
            onChange={(e) => setParams({ metric: e.currentTarget.value })}
          >
            {metrics.map((m) => (
              <option key={m.key} value={m.key}>
                {m.name}
              </option>
            ))}
          </select>
        </label>
        <Choice name="model" all={known.modelNames} chosen={models} />
        <Choice name="board" all={known.boardIds} chosen={boards} />
        <label>
          <input
            type="checkbox"
            checked={params.get('log') === '1'}
            onChange={(e) =>
              setParams(
                { log: e.currentTarget.checked ? '1' : '' },
                { replace: true },
              )
            }
          />{' '}
          log scale
        </label>
      </div>
      {wanted.length === MOST_LINES && (
        <p class="quiet">At most {MOST_LINES} lines are drawn.</p>
      )}
      <Loaded load={load} what="the trend">
        {(trends) => <TrendView trends={trends} params={params} />}
      </Loaded>
    </>
  );
}

/** Several of a list, as a list of boxes to tick that opens. */
function Choice({
  name,
  all,
  chosen,
}: {
  name: string;
  all: string[];
  chosen: string[];
}) {
  const flip = (item: string) => {
    const next = chosen.includes(item)
      ? chosen.filter((c) => c !== item)
      : [...chosen, item];
    setParams({ [name]: next });
  };
  return (
    <Popup
      title={`${name}: ${chosen.length === 1 ? chosen[0] : `${chosen.length} of ${all.length}`}`}
    >
      {all.map((item) => (
        <label key={item}>
          <input
            type="checkbox"
            checked={chosen.includes(item)}
            onChange={() => flip(item)}
          />{' '}
          {item}
        </label>
      ))}
    </Popup>
  );
}

function useThemeKey(): string {
  const [n, setN] = useState(0);
  useEffect(() => {
    const redraw = () => setN((v) => v + 1);
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', redraw);
    window.addEventListener('tinyrig-theme', redraw);
    return () => {
      system.removeEventListener('change', redraw);
      window.removeEventListener('tinyrig-theme', redraw);
    };
  }, []);
  return String(n);
}

function TrendView({
  trends,
  params,
}: {
  trends: Trend[];
  params: URLSearchParams;
}) {
  const themeKey = useThemeKey();
  const baselines = useLoad('baselines', listBaselines).data?.baselines ?? [];
  // While another metric loads, the old points keep their own unit.
  const metric = metricOf(trends[0]?.metric ?? null);
  const zoom = parseZoom(params);
  const lines = toLines(trends);
  const rows = toRows(trends, zoom);
  const origins = trends.flatMap((t) => t.points.map((p) => p.origin));
  if (lines.length === 0) {
    return (
      <Empty title="No run of this choice has this figure.">
        <a href="/trends">Start again</a>
      </Empty>
    );
  }
  const onZoom = (next: Zoom | undefined) =>
    setParams(
      next
        ? { from: formatTime(next.from), to: formatTime(next.to) }
        : { from: undefined, to: undefined },
    );
  const sheet = () => ({
    name: `trend-${metric.key}`,
    columns: [
      'time',
      'model',
      'board',
      'run',
      'origin',
      metric.key,
      'environment_changes',
    ],
    rows: rows.map((r) => [
      r.createTime,
      r.model,
      r.board,
      r.runId,
      r.origin,
      r.value,
      r.environmentChanges.join(' '),
    ]),
  });
  const chartLabel = `${metric.name} over time: ${lines.map((l) => l.name).join('; ')}. The points stand in the table below.`;
  return (
    <>
      <section aria-label="Chart">
        <div class="section-head">
          <h2>
            {metric.name} <OriginBadges origins={origins} />
          </h2>
          <div class="tools">
            <ZoomTools zoom={zoom} onZoom={onZoom} />
            <ExportButton sheet={sheet} />
          </div>
        </div>
        <TimeSeries
          lines={lines}
          marks={toMarks(trends, baselines)}
          {...(zoom ? { zoom } : {})}
          onZoom={onZoom}
          log={params.get('log') === '1'}
          format={metric.format}
          unit={metric.unit}
          label={chartLabel}
          themeKey={themeKey}
        />
        <p class="quiet">
          Drag to zoom, double-click to see all. Dashed lines: the environment
          changed, so figures on both sides are not comparable as they stand;
          point at one to see what changed.
          {baselines.length > 0 && ' Dotted lines: a baseline.'}
        </p>
      </section>
      <PointTable
        rows={rows}
        trends={trends}
        metricKey={metric.key}
        format={metric.format}
      />
    </>
  );
}

/** The zoom for people without a mouse: two dates. */
function ZoomTools({
  zoom,
  onZoom,
}: {
  zoom: Zoom | undefined;
  onZoom(zoom: Zoom | undefined): void;
}) {
  const day = (s: number | undefined) =>
    s ? new Date(s * 1000).toISOString().slice(0, 10) : '';
  const change = (key: 'from' | 'to') => (event: Event) => {
    const picked =
      Date.parse((event.currentTarget as HTMLInputElement).value) / 1000;
    if (Number.isNaN(picked)) return;
    const next = {
      from: zoom?.from ?? 0,
      to: zoom?.to ?? Math.ceil(Date.now() / 1000),
      [key]: picked,
    };
    if (key === 'to') next.to = picked + 86400 - 1;
    if (next.to > next.from) onZoom(next);
  };
  return (
    <>
      <label class="date">
        from{' '}
        <input type="date" value={day(zoom?.from)} onChange={change('from')} />
      </label>
      <label class="date">
        to <input type="date" value={day(zoom?.to)} onChange={change('to')} />
      </label>
      {zoom && (
        <button type="button" onClick={() => onZoom(undefined)}>
          All
        </button>
      )}
    </>
  );
}

function PointTable({
  rows,
  trends,
  metricKey,
  format,
}: {
  rows: PointRow[];
  trends: Trend[];
  metricKey: string;
  format(value: number): string;
}) {
  const columns: Column<PointRow>[] = [
    {
      key: 'time',
      title: 'time',
      value: (r) => r.createTime,
      show: (r) => time(r.createTime),
    },
    { key: 'model', title: 'model', value: (r) => r.model },
    { key: 'board', title: 'board', value: (r) => r.board },
    {
      key: 'run',
      title: 'run',
      value: (r) => r.runId,
      show: (r) => <a href={`/runs/${r.runId}`}>{r.runId}</a>,
    },
    {
      key: 'origin',
      title: 'origin',
      value: (r) => r.origin,
      show: (r) => <OriginBadge origin={r.origin} />,
    },
    {
      key: metricKey,
      title: metricOf(metricKey).name,
      number: true,
      value: (r) => r.value,
      show: (r) => format(r.value),
    },
    {
      key: 'environment_changes',
      title: 'environment changed',
      value: (r) => r.environmentChanges.join(' '),
      show: (r) => r.environmentChanges.map(fieldWord).join(', ') || '–',
    },
  ];
  const names = trends.flatMap((t) =>
    [...new Set(t.points.map((p) => p.origin))].map((o) => lineName(t, o)),
  );
  const shown = rows.slice(0, TABLE_ROWS);
  return (
    <DataTable
      name={`trend-${metricKey}`}
      columns={columns}
      rows={shown}
      rowKey={(r) => `${r.runId} ${r.model}`}
      rowClass={(r) => (r.environmentChanges.length > 0 ? 'differs' : '')}
      caption={
        shown.length < rows.length
          ? `the newest ${shown.length} of ${rows.length} points; the chart's CSV has all`
          : `${rows.length} points of ${names.length} lines`
      }
    />
  );
}
