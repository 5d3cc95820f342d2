// The only place that talks to the server: docs/HTTP.md in TypeScript.
import type {
  CreateJobRequest,
  Job,
  JobLogLine,
  LabEvent,
  ListBoardsResponse,
  ListDatasetsResponse,
  ListJobsResponse,
  ListPredictionsResponse,
  ListRunsResponse,
  Overview,
  Run,
  ServerInfo,
  Trend,
  UploadBlobResponse,
} from './types.gen';

/** What the server said when it refused, or UNREACHABLE when it said nothing. */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

// ---- Is the server there? -------------------------------------------------

type HealthListener = (down: boolean) => void;
const healthListeners = new Set<HealthListener>();
let serverDown = false;
let retryDelay_ms = 0;
let retryTimer: ReturnType<typeof setTimeout> | undefined;

export function isServerDown(): boolean {
  return serverDown;
}

export function onHealth(listener: HealthListener): () => void {
  healthListeners.add(listener);
  return () => void healthListeners.delete(listener);
}

function setDown(down: boolean): void {
  if (down && !retryTimer) {
    retryDelay_ms = Math.min(30_000, Math.max(2_000, retryDelay_ms * 2));
    retryTimer = setTimeout(() => void checkHealth(), retryDelay_ms);
  }
  if (!down) retryDelay_ms = 0;
  if (down === serverDown) return;
  serverDown = down;
  for (const listener of [...healthListeners]) listener(down);
}

/** Asks once whether the server is back; called by itself with back-off. */
export async function checkHealth(): Promise<void> {
  clearTimeout(retryTimer);
  retryTimer = undefined;
  try {
    const reply = await fetch('/healthz', { cache: 'no-store' });
    setDown(!reply.ok);
  } catch {
    setDown(true);
  }
}

// ---- Requests -------------------------------------------------------------

type QueryValue = string | number | undefined;

function query(values: Record<string, QueryValue>): string {
  const params = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== '') params.set(key, String(value));
  }
  const text = params.toString();
  return text ? `?${text}` : '';
}

async function failure(reply: Response): Promise<ApiError> {
  const text = await reply.text().catch(() => '');
  try {
    const { code, message } = JSON.parse(text).error;
    return new ApiError(String(code), String(message), reply.status);
  } catch {
    const line = text.trim().slice(0, 200) || reply.statusText;
    return new ApiError(`HTTP ${reply.status}`, line, reply.status);
  }
}

async function request(
  path: string,
  init: RequestInit = {},
): Promise<Response> {
  let reply: Response;
  try {
    reply = await fetch(`/api/v1${path}`, init);
  } catch (error) {
    if (init.signal?.aborted) throw error;
    setDown(true);
    throw new ApiError('UNREACHABLE', 'the server does not answer', 0);
  }
  if (reply.ok) {
    setDown(false);
    return reply;
  }
  const error = await failure(reply);
  // A proxy in front of a dead server answers 502 without our error body.
  if (reply.status >= 502 && error.code.startsWith('HTTP')) setDown(true);
  throw error;
}

async function get<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await request(path, { signal: signal ?? null })).json();
}

async function post<T>(path: string, body: unknown): Promise<T> {
  const reply = await request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  return reply.json();
}

const id = encodeURIComponent;

export const getServerInfo = (signal?: AbortSignal) =>
  get<ServerInfo>('/server', signal);

export const getOverview = (filter: string, signal?: AbortSignal) =>
  get<Overview>(`/overview${query({ filter })}`, signal);

export interface TrendQuery {
  modelName: string;
  boardId: string;
  metric: string;
  limit?: number;
}
export const getTrend = (of: TrendQuery, signal?: AbortSignal) =>
  get<Trend>(`/trend${query({ ...of })}`, signal);

export interface ListQuery {
  filter?: string;
  pageSize?: number;
  pageToken?: string;
  orderBy?: string;
}
export const listRuns = (of: ListQuery, signal?: AbortSignal) =>
  get<ListRunsResponse>(`/runs${query({ ...of })}`, signal);

export const getRun = (runId: string, signal?: AbortSignal) =>
  get<Run>(`/runs/${id(runId)}`, signal);

export const listPredictions = (
  runId: string,
  of: ListQuery,
  signal?: AbortSignal,
) =>
  get<ListPredictionsResponse>(
    `/runs/${id(runId)}/predictions${query({ ...of })}`,
    signal,
  );

export const listJobs = (of: ListQuery, signal?: AbortSignal) =>
  get<ListJobsResponse>(`/jobs${query({ ...of })}`, signal);

export const getJob = (jobId: string, signal?: AbortSignal) =>
  get<Job>(`/jobs/${id(jobId)}`, signal);

export const createJob = (job: CreateJobRequest) => post<Job>('/jobs', job);

export const cancelJob = (jobId: string) =>
  post<Job>(`/jobs/${id(jobId)}:cancel`, {});

export async function getJobLog(
  jobId: string,
  signal?: AbortSignal,
): Promise<JobLogLine[]> {
  const reply = await request(`/jobs/${id(jobId)}/log`, {
    signal: signal ?? null,
  });
  return parseJsonLines<JobLogLine>(await reply.text());
}

export function parseJsonLines<T>(text: string): T[] {
  return text
    .split('\n')
    .filter((line) => line.trim())
    .map((line) => JSON.parse(line) as T);
}

export const listBoards = (signal?: AbortSignal) =>
  get<ListBoardsResponse>('/boards?pageSize=1000', signal);

export const listDatasets = (signal?: AbortSignal) =>
  get<ListDatasetsResponse>('/datasets?pageSize=1000', signal);

export async function uploadBlob(blob: Blob): Promise<UploadBlobResponse> {
  const reply = await request('/blobs', {
    method: 'POST',
    headers: { 'Content-Type': 'application/octet-stream' },
    body: blob,
  });
  return reply.json();
}

export function blobUrl(sha256: string, fileName: string): string {
  return `/api/v1/blobs/${id(sha256)}${query({ name: fileName })}`;
}

// ---- Live events ----------------------------------------------------------

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

export const hasEnded = (job: Job) =>
  ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(job.state);

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
