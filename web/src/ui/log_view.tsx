// The log of a job; with a job that runs, its tail.
import { useEffect, useRef } from 'preact/hooks';
import { getJobLog } from '../api';
import { time } from '../format';
import { useLoad } from '../load';
import { ExportButton } from './export';
import { Loaded } from './state';

/** `version` grows with the job: the log is read again then. */
export function LogView({
  jobId,
  ended,
  version = '',
}: {
  jobId: string;
  ended?: boolean;
  version?: string;
}) {
  const load = useLoad(`${jobId} ${version}`, (signal) =>
    getJobLog(jobId, signal),
  );
  const box = useRef<HTMLDivElement>(null);
  const lines = load.data?.length ?? 0;
  const atEnd = useRef(true);
  useEffect(() => {
    if (!ended && atEnd.current && box.current)
      box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <Loaded load={load} what="the log">
      {(log) =>
        log.length === 0 ? (
          <p class="quiet">No line yet.</p>
        ) : (
          <div class="table-box">
            <div class="table-head">
              <div class="table-caption">{log.length} lines</div>
              <ExportButton
                sheet={() => ({
                  name: `${jobId}-log`,
                  columns: ['time', 'source', 'text'],
                  rows: log.map((l) => [l.time, l.source, l.text]),
                })}
              />
            </div>
            <div
              class="log"
              ref={box}
              tabIndex={0}
              role="log"
              aria-label={`Log of ${jobId}`}
              onScroll={(event) => {
                const el = event.currentTarget;
                atEnd.current =
                  el.scrollTop + el.clientHeight > el.scrollHeight - 24;
              }}
            >
              {log.map((line, i) => (
                <div key={i}>
                  <span class="quiet">
                    {time(line.time).slice(11)} {line.source.padEnd(8)}
                  </span>{' '}
                  {line.text}
                </div>
              ))}
            </div>
          </div>
        )
      }
    </Loaded>
  );
}
