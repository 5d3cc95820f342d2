import {
  ago,
  bytes,
  count,
  hertz,
  num,
  percent,
  plural,
  time,
} from '../../format';
import { useLab } from '../../live';
import { useNow } from '../../now';
import { setParams } from '../../router';
import type { PageProps } from '../../page_props';
import type { Board } from '../../types.gen';
import { OriginBadge, StateBadge } from '../../ui/badge';
import { LinkMark } from '../../ui/job_parts';
import { Empty } from '../../ui/state';
import {
  type Column,
  DataTable,
  formatSort,
  parseSort,
  sortRows,
} from '../../ui/table';
import { agents, hoursOf } from './data';
import {
  type History,
  HistorySection,
  useHistory,
  utilisation,
} from './history';

export default function LabPage({ params }: PageProps) {
  const { lab, link } = useLab();
  const now = useNow(5000);
  const boards = [...lab.boards.values()];
  const hours = hoursOf(params);
  const history = useHistory(hours, [...lab.jobs.values()], now);
  const list = agents(boards);
  return (
    <>
      <h1>
        Lab <LinkMark link={link} />
      </h1>
      {boards.length === 0 ? (
        <Empty
          title={
            link === 'live'
              ? 'No board has ever attached.'
              : 'Connecting to the lab…'
          }
        >
          <p>
            Start an agent on the machine that has the boards:{' '}
            <code>tinyrig-agent --help</code>.
          </p>
        </Empty>
      ) : (
        <>
          <Summary
            boards={boards}
            agentCount={list.length}
            away={list.filter((a) => !a.online).length}
          />
          <BoardTable
            boards={boards}
            history={history}
            now={now}
            params={params}
          />
          <HistorySection agents={list} history={history} hours={hours} />
        </>
      )}
    </>
  );
}

function Summary({
  boards,
  agentCount,
  away,
}: {
  boards: Board[];
  agentCount: number;
  away: number;
}) {
  const states = ['IDLE', 'BUSY', 'FAULTY', 'DISABLED', 'OFFLINE'];
  return (
    <dl class="headline">
      <div>
        <dt>agents</dt>
        <dd>
          <span class="figure">{agentCount - away}</span>
          <span class="quiet">
            {away > 0 ? `${away} away` : 'all attached'}
          </span>
        </dd>
      </div>
      {states.map((state) => {
        const n = boards.filter((b) => b.state === state).length;
        return (
          <div key={state}>
            <dt>{state.toLowerCase()}</dt>
            <dd>
              <span class="figure">{n}</span>
              <span class="quiet">of {plural(boards.length, 'board')}</span>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

function BoardTable({
  boards,
  history,
  now,
  params,
}: {
  boards: Board[];
  history: History;
  now: number;
  params: URLSearchParams;
}) {
  const columns: Column<Board>[] = [
    {
      key: 'name',
      title: 'board',
      sort: true,
      value: (b) => b.name,
      show: (b) => (
        <>
          <span>{b.name}</span>
          <code class="sub">{b.uid}</code>
        </>
      ),
    },
    {
      key: 'board_id',
      title: 'kind',
      sort: true,
      value: (b) => b.boardId,
      show: (b) => <span title={kindText(b)}>{b.boardId}</span>,
    },
    {
      key: 'origin',
      title: 'origin',
      sort: true,
      value: (b) => b.origin,
      show: (b) => <OriginBadge origin={b.origin} />,
    },
    {
      key: 'state',
      title: 'state',
      sort: true,
      value: (b) => b.state,
      show: (b) => <StateBadge state={b.state} />,
    },
    {
      key: 'current_job',
      title: 'job',
      value: (b) => b.currentJobId,
      show: (b) =>
        b.currentJobId ? (
          <a href={`/jobs/${b.currentJobId}`}>{b.currentJobId}</a>
        ) : (
          '–'
        ),
    },
    {
      key: 'utilisation',
      title: 'busy',
      number: true,
      sort: true,
      value: (b) => utilisation(history, b.name),
      help: 'Share of the time shown under Utilisation and health in which a job held the board.',
      show: (b) => percent(utilisation(history, b.name), 1),
    },
    {
      key: 'finished_job_count',
      title: 'jobs done',
      number: true,
      sort: true,
      value: (b) => num(b.finishedJobCount),
      show: (b) => count(b.finishedJobCount),
    },
    {
      key: 'failed_job_count',
      title: 'failed',
      number: true,
      sort: true,
      value: (b) => num(b.failedJobCount),
      show: (b) => count(b.failedJobCount),
    },
    {
      key: 'erase_count',
      title: 'erases',
      number: true,
      sort: true,
      value: (b) => num(b.eraseCount),
      help: 'Flash erases since the agent began to count; STM32 flash is good for 10,000.',
      show: (b) => count(b.eraseCount),
    },
    {
      key: 'last_fault',
      title: 'last fault',
      value: (b) => b.lastFault,
      className: 'name',
      show: (b) => <span title={b.lastFault}>{b.lastFault || '–'}</span>,
    },
    {
      key: 'last_seen',
      title: 'seen',
      sort: true,
      value: (b) => b.lastSeenTime,
      show: (b) => (
        <span title={`last change ${time(b.lastSeenTime)}`}>
          {b.state === 'OFFLINE' ? ago(b.lastSeenTime, now) : 'here'}
        </span>
      ),
    },
    { key: 'uid', title: 'uid', value: (b) => b.uid, hidden: true },
  ];
  const sort = parseSort(params.get('order'), {
    key: 'name',
    descending: false,
  });
  return (
    <DataTable
      name="boards"
      columns={columns}
      rows={sortRows(boards, columns, sort)}
      rowKey={(b) => b.name}
      caption={plural(boards.length, 'board')}
      sort={sort}
      rowClass={(b) => (b.state === 'FAULTY' ? 'differs' : '')}
      onSort={(next) =>
        setParams({ order: formatSort(next) }, { replace: true })
      }
    />
  );
}

function kindText(board: Board): string {
  const k = board.kind;
  return k
    ? `${k.displayName}: ${k.chip}, ${k.core}, ${hertz(k.clockHz)}, flash ${bytes(k.flashBytes)}, RAM ${bytes(k.ramBytes)}`
    : '';
}
