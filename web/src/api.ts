// The only place that talks to the server: docs/HTTP.md in TypeScript.
import type {
  Board,
  BoardHistory,
  CreateJobRequest,
  Job,
  JobLogLine,
  ListBaselinesResponse,
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

function errorOf(body: string, status: number, reason: string): ApiError {
  try {
    const { code, message } = JSON.parse(body).error;
    return new ApiError(String(code), String(message), status);
  } catch {
    const line = body.trim().slice(0, 200) || reason;
    return new ApiError(`HTTP ${status}`, line, status);
  }
}

async function failure(reply: Response): Promise<ApiError> {
  const text = await reply.text().catch(() => '');
  return errorOf(text, reply.status, reply.statusText);
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

export const getBoard = (name: string, signal?: AbortSignal) =>
  get<Board>(`/boards/${id(name)}`, signal);

export const listDatasets = (signal?: AbortSignal) =>
  get<ListDatasetsResponse>('/datasets?pageSize=1000', signal);

export interface BoardHistoryQuery {
  boardName?: string;
  hours: number;
  bucketCount: number;
}
export const getBoardHistory = (of: BoardHistoryQuery, signal?: AbortSignal) =>
  get<BoardHistory>(`/boardHistory${query({ ...of })}`, signal);

export const listBaselines = (signal?: AbortSignal) =>
  get<ListBaselinesResponse>('/baselines', signal);

/** Bytes that have left, and all there are. */
export type UploadProgress = (sent: number, total: number) => void;

/** XMLHttpRequest, because fetch does not tell how far an upload is. */
export function uploadBlob(
  blob: Blob,
  onProgress: UploadProgress,
): Promise<UploadBlobResponse> {
  return new Promise((resolve, reject) => {
    const xhr = new XMLHttpRequest();
    xhr.open('POST', '/api/v1/blobs');
    xhr.setRequestHeader('Content-Type', 'application/octet-stream');
    xhr.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    xhr.onerror = () => {
      setDown(true);
      reject(new ApiError('UNREACHABLE', 'the upload was cut off', 0));
    };
    xhr.onload = () => {
      if (xhr.status === 200) resolve(JSON.parse(xhr.responseText));
      else reject(errorOf(xhr.responseText, xhr.status, xhr.statusText));
    };
    xhr.send(blob);
  });
}

export type ExportTable =
  | 'runs'
  | 'layers'
  | 'samples'
  | 'predictions'
  | 'jobs';

/** A download of every row that passes the filter, streamed by the server. */
export const exportUrl = (
  table: ExportTable,
  format: 'csv' | 'jsonl',
  filter: string,
) => `/api/v1/export/${table}${query({ format, filter })}`;

export function blobUrl(sha256: string, fileName: string): string {
  return `/api/v1/blobs/${id(sha256)}${query({ name: fileName })}`;
}

export const hasEnded = (job: Job) =>
  ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(job.state);
