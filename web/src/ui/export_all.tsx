// Everything that passes the filter, not only what the page shows: links to the
// server's streamed export.
import { type ExportTable, exportUrl } from '../api';
import { Popup } from './popup';

const contents: Record<ExportTable, string> = {
  runs: 'headline figures, a row per run',
  layers: 'a row per layer of a run',
  samples: 'a row per raw latency sample',
  predictions: 'a row per dataset sample',
  jobs: 'a row per job',
};

export function ExportAll({
  tables,
  filter,
}: {
  tables: readonly ExportTable[];
  filter: string;
}) {
  return (
    <Popup title="Export all" className="export-all" side="right">
      <p class="quiet">
        {filter ? 'All that passes the filter' : 'All that is stored'}, also on
        other pages of the list:
      </p>
      {tables.map((table) => (
        <p key={table}>
          <strong>{table}</strong> <span class="quiet">{contents[table]}</span>
          <br />
          <a
            href={exportUrl(table, 'csv', filter)}
            download={`${table}.csv`}
            aria-label={`${table} as CSV`}
          >
            CSV
          </a>{' '}
          <a
            href={exportUrl(table, 'jsonl', filter)}
            download={`${table}.jsonl`}
            aria-label={`${table} as JSON lines`}
          >
            JSON lines
          </a>
        </p>
      ))}
    </Popup>
  );
}
