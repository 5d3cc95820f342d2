// Server-sent events of the lab and of one job.
import { checkHealth, hasEnded, onHealth } from './api';
import type { Job, LabEvent } from './types.gen';

const id = encodeURIComponent;

export type LinkState = 'live' | 'connecting';

interface Stream<T> {
  path: string;
  event: string;
  onData(data: T): void;
  onState(state: LinkState): void;
  /** True: the stream has said all there is, do not dial again. */
  isLast?(data: T): boolean;
}

/**
 * Server-sent events that dial again by themselves and rest while the tab is
 * hidden (a browser allows six connections a server: forgotten tabs would
 * starve the open one). Returns the function that ends it.
 */
function follow<T>(stream: Stream<T>): () => void {
  let source: EventSource | undefined;
  let ended = false;
  const close = () => {
    source?.close();
    source = undefined;
  };
  const open = () => {
    if (source || ended || document.hidden) return;
    stream.onState('connecting');
    source = new EventSource(`/api/v1${stream.path}`);
    source.onopen = () => stream.onState('live');
    source.onerror = () => {
      stream.onState('connecting');
      // A page that only listens learns here that the server is gone.
      void checkHealth();
      // CLOSED: refused, the browser does not dial again by itself.
      if (source?.readyState === EventSource.CLOSED) {
        close();
        if (!ended) setTimeout(open, 5_000);
      }
    };
    source.addEventListener(stream.event, (message) => {
      const data = JSON.parse((message as MessageEvent<string>).data) as T;
      stream.onData(data);
      if (stream.isLast?.(data)) {
        ended = true;
        close();
      }
    });
  };
  const onVisibility = () => (document.hidden ? close() : open());
  document.addEventListener('visibilitychange', onVisibility);
  const stopHealth = onHealth((down) => {
    if (!down) {
      close();
      open();
    }
  });
  open();
  return () => {
    ended = true;
    close();
    stopHealth();
    document.removeEventListener('visibilitychange', onVisibility);
  };
}

export const followLab = (
  onData: (event: LabEvent) => void,
  onState: (state: LinkState) => void,
) => follow<LabEvent>({ path: '/events', event: 'lab', onData, onState });

export const followJob = (
  jobId: string,
  onData: (job: Job) => void,
  onState: (state: LinkState) => void,
) =>
  follow<Job>({
    path: `/jobs/${id(jobId)}/events`,
    event: 'job',
    onData,
    onState,
    isLast: hasEnded,
  });
