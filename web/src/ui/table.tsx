// A table that sorts and exports. Sorting is the caller's (URL or server), so
// that a sorted view is a permalink.
import type { ComponentChildren } from 'preact';
import type { Cell } from '../csv';
import { ExportButton } from './export';
import { Term, useTip } from './term';

export interface Column<Row> {
  /** Name in CSV and in the URL's sort key, unit included: "us_p50". */
  key: string;
  title: ComponentChildren;
  help?: string;
  /** The figure itself: for CSV and sorting. */
  value(row: Row): Cell;
  /** What is shown; the value when absent. */
  show?(row: Row): ComponentChildren;
  number?: boolean;
  /** Can be sorted by. */
  sort?: boolean;
  className?: string;
  /** In the CSV only: said in another cell's title, too wide to show. */
  hidden?: boolean;
}

export interface Sort {
  key: string;
  descending: boolean;
}

export function parseSort(text: string | null, fallback: Sort): Sort {
  if (!text) return fallback;
  const [key, direction] = text.split(' ');
  return { key: key!, descending: direction === 'desc' };
}

export function formatSort(sort: Sort): string {
  return sort.descending ? `${sort.key} desc` : sort.key;
}

/** Stable; rows without a value stand last in both directions. */
export function sortRows<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  sort: Sort,
): Row[] {
  const column = columns.find((c) => c.key === sort.key);
  if (!column) return [...rows];
  const missing = (v: Cell) =>
    v === undefined || v === null || v === '' || Number.isNaN(v);
  return [...rows].sort((a, b) => {
    const x = column.value(a);
    const y = column.value(b);
    if (missing(x) || missing(y))
      return Number(missing(x)) - Number(missing(y));
    const order =
      typeof x === 'number' && typeof y === 'number'
        ? x - y
        : String(x).localeCompare(String(y), 'en', { numeric: true });
    return sort.descending ? -order : order;
  });
}

interface Props<Row> {
  name: string;
  caption: ComponentChildren;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  sort?: Sort;
  onSort?(sort: Sort): void;
  tools?: ComponentChildren;
  rowClass?(row: Row): string;
  /** Scrolls within itself instead of making the page long. */
  tall?: boolean;
}

export function DataTable<Row>(props: Props<Row>) {
  const { rows, sort, onSort } = props;
  const columns = props.columns.filter((c) => !c.hidden);
  // Columns of buttons ("_cancel") hold no data.
  const exported = props.columns.filter((c) => !c.key.startsWith('_'));
  const sheet = () => ({
    name: props.name,
    columns: exported.map((c) => c.key),
    rows: rows.map((row) => exported.map((c) => c.value(row))),
  });
  return (
    <div class="table-box">
      <div class="table-head">
        <div class="table-caption">{props.caption}</div>
        <div class="tools">
          {props.tools}
          <ExportButton sheet={sheet} />
        </div>
      </div>
      <div
        class={`scroll cards ${props.tall ? 'tall' : ''}`}
        tabIndex={0}
        role="region"
        aria-label={props.name}
      >
        <table>
          <thead>
            <tr>
              {columns.map((column) => (
                <th
                  key={column.key}
                  scope="col"
                  class={`${column.number ? 'number' : ''} ${column.sort && onSort ? 'sortable' : ''}`}
                  aria-sort={ariaSort(column, sort)}
                >
                  <Head
                    column={column}
                    {...(sort ? { sort } : {})}
                    {...(onSort ? { onSort } : {})}
                  />
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={props.rowKey(row)} class={props.rowClass?.(row) ?? ''}>
                {columns.map((column) => (
                  <td
                    key={column.key}
                    class={`${column.number ? 'number' : ''} ${column.className ?? ''}`}
                    data-title={
                      typeof column.title === 'string' ? column.title : ''
                    }
                  >
                    {column.show ? column.show(row) : column.value(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function ariaSort<Row>(column: Column<Row>, sort: Sort | undefined) {
  if (sort?.key !== column.key) return undefined;
  return sort.descending ? 'descending' : 'ascending';
}

function Head<Row>({
  column,
  sort,
  onSort,
}: {
  column: Column<Row>;
  sort?: Sort;
  onSort?(sort: Sort): void;
}) {
  const active = sort?.key === column.key;
  if (!column.sort || !onSort) {
    return column.help ? (
      <Term help={column.help}>{column.title}</Term>
    ) : (
      <>{column.title}</>
    );
  }
  // Numbers are looked at from the largest, text from A.
  const next = active ? !sort!.descending : !!column.number;
  const inside = (
    <>
      {column.title}
      <span aria-hidden="true">
        {active ? (sort!.descending ? ' ▼' : ' ▲') : ''}
      </span>
    </>
  );
  const click = () => onSort({ key: column.key, descending: next });
  return column.help ? (
    <HelpedSort help={column.help} onClick={click}>
      {inside}
    </HelpedSort>
  ) : (
    <button type="button" class="sort" onClick={click}>
      {inside}
    </button>
  );
}

function HelpedSort({
  help,
  onClick,
  children,
}: {
  help: string;
  onClick(): void;
  children: ComponentChildren;
}) {
  const tip = useTip(help);
  return (
    <span class="term" {...tip.area}>
      <button
        type="button"
        class="sort helped"
        {...tip.button}
        onClick={onClick}
      >
        {children}
      </button>
      {tip.box}
    </span>
  );
}
