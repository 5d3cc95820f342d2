// Development only: serves dist/ and a made-up /api/v1 with the headers that
// tinyrig-server sends, so that the content-security policy is felt early.
//   node tools/dev_server.mjs [port]        EMPTY=1 for a lab without anything
import { createReadStream, existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as data from './dev_data.mjs';
import {
  filtered,
  jobFields,
  order,
  overview,
  page,
  runFields,
  short,
  trend,
} from './dev_query.mjs';

const dist = join(dirname(fileURLToPath(import.meta.url)), '../dist');
const empty = !!process.env.EMPTY;
const boards = empty ? [] : data.boards;
const runs = empty ? [] : data.runs;
const jobs = empty ? [] : data.jobs;
const datasets = empty ? [] : data.datasets;
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};
const listeners = new Set();
let revision = 1e6;

const announce = (event) => {
  for (const send of [...listeners]) send(event);
};
const changed = (job) => {
  job.revision = String(revision++);
  announce({ job });
};

function createJob({ spec, requestId }) {
  const known = jobs.find((j) => requestId && j.requestId === requestId);
  if (known) return known;
  if (!data.kinds[spec.boardId])
    throw [404, 'NOT_FOUND', `no board kind ${spec.boardId}`];
  const job = {
    id: `j-${jobs.length + 1}`,
    spec,
    state: 'QUEUED',
    requestId,
    createTime: data.iso(Date.now()),
    boardName: '',
    agentId: '',
    attempt: 0,
    progress: { step: '', done: '0', total: '0', etaS: -1 },
    runId: '',
    artifactSha256: '',
    queuePosition: 1,
    revision: String(revision++),
    compileCached: false,
  };
  jobs.push(job);
  announce({ job });
  void play(job);
  return job;
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function play(job) {
  const speed = Number(process.env.SPEED || 1);
  const stages = [
    ['COMPILING', 'compile', 4],
    ['FLASHING', 'write', 8],
    ['RUNNING', 'dataset', 20],
  ];
  await sleep(1500 / speed);
  for (const [state, step, total] of stages) {
    for (let done = 0; done <= total; done++) {
      if (job.state === 'CANCELLED') return;
      if (state === 'COMPILING') job.compileStartTime ??= data.iso(Date.now());
      else if (!job.leaseTime)
        Object.assign(job, {
          compileEndTime: data.iso(Date.now()),
          leaseTime: data.iso(Date.now()),
          attempt: 1,
          boardName: 'desk/f746-a',
          agentId: 'desk',
        });
      Object.assign(job, {
        state,
        queuePosition: 0,
        progress: {
          step,
          done: String(done),
          total: String(total),
          etaS: (total - done) * 0.3,
        },
      });
      changed(job);
      await sleep(300 / speed);
    }
  }
  const like = runs.at(-1);
  const run = {
    ...like,
    id: `r-${runs.length + 1}`,
    jobId: job.id,
    createTime: data.iso(Date.now()),
    modelName: job.spec.modelName,
    boardId: job.spec.boardId,
  };
  runs.push(run);
  Object.assign(job, {
    state: 'SUCCEEDED',
    runId: run.id,
    endTime: data.iso(Date.now()),
  });
  changed(job);
}

const ended = (job) => ['SUCCEEDED', 'FAILED', 'CANCELLED'].includes(job.state);
function find(list, id, what) {
  const item = list.find((x) => x.id === id);
  if (!item) throw [404, 'NOT_FOUND', `no ${what} ${id}`];
  return item;
}
const body = (req) =>
  new Promise((resolve) => {
    const chunks = [];
    req
      .on('data', (c) => chunks.push(c))
      .on('end', () => resolve(Buffer.concat(chunks)));
  });

function events(res, first, listen) {
  res.writeHead(200, {
    'Content-Type': 'text/event-stream',
    'Cache-Control': 'no-store',
  });
  const send = (name, item) =>
    res.write(`event: ${name}\ndata: ${JSON.stringify(item)}\n\n`);
  res.write(': hello\n\n');
  first(send);
  const listener = listen(send);
  listeners.add(listener);
  res.on('close', () => listeners.delete(listener));
}

async function api(req, res, path, q) {
  const post = req.method === 'POST';
  const part = path.split('/').slice(1).map(decodeURIComponent);
  const json = (item) => {
    res.writeHead(200, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify(item));
  };
  if (path === '/server')
    return json({
      version: '0.1.0-dev',
      startTime: data.iso(Date.now() - 1e7),
      schemaVersion: '1',
      maxBlobBytes: '268435456',
      queuedJobCount: 0,
      attachedAgentCount: 2,
    });
  if (path === '/overview') return json(overview(q.get('filter'), runs, jobs));
  if (path === '/trend') return json(trend(q, runs));
  if (path === '/boards') return json({ boards, nextPageToken: '' });
  if (path === '/datasets') return json({ datasets, nextPageToken: '' });
  if (path === '/blobs' && post)
    return json({
      sha256: data.sha(`${(await body(req)).length}`),
      sizeBytes: '1',
      alreadyThere: false,
    });
  if (part[0] === 'blobs') {
    res.writeHead(200, {
      'Content-Type': 'application/octet-stream',
      'Content-Disposition': `attachment; filename="${q.get('name')}"`,
    });
    return res.end('made up');
  }
  if (path === '/events') {
    return events(
      res,
      (send) => {
        for (const board of boards) send('lab', { board });
        for (const job of jobs.filter((j) => !ended(j))) send('lab', { job });
      },
      (send) => (event) => send('lab', event),
    );
  }
  if (path === '/jobs' && post)
    return json(createJob(JSON.parse(await body(req))));
  if (path === '/jobs')
    return json(
      page(
        filtered([...jobs].reverse(), q.get('filter'), jobFields),
        q,
        'jobs',
      ),
    );
  if (part[0] === 'jobs' && post && part[1]?.endsWith(':cancel')) {
    const job = find(jobs, part[1].slice(0, -7), 'job');
    if (ended(job))
      throw [409, 'FAILED_PRECONDITION', `${job.id} has ended: ${job.state}`];
    Object.assign(job, {
      state: 'CANCELLED',
      endTime: data.iso(Date.now()),
      failure: {
        failureClass: 'CANCELLED_BY_USER',
        code: 'CANCELLED',
        message: 'cancelled by a user',
        stage: job.state.toLowerCase(),
        deviceFault: '',
      },
    });
    changed(job);
    return json(job);
  }
  if (part[0] === 'jobs') {
    const job = find(jobs, part[1], 'job');
    if (part[2] === 'log') {
      res.writeHead(200, { 'Content-Type': 'application/jsonl' });
      const t = job.createTime;
      return res.end(
        [
          'server queued',
          'compiler 14 layers, arena 16,000 bytes',
          `agent flashed in 2.1 s`,
          `agent ${job.progress.step} ${job.progress.done} of ${job.progress.total}`,
        ]
          .map((l) =>
            JSON.stringify({
              time: t,
              source: l.split(' ')[0],
              text: l.slice(l.indexOf(' ') + 1),
            }),
          )
          .join('\n') + '\n',
      );
    }
    if (part[2] === 'events') {
      return events(
        res,
        (send) => send('job', job),
        (send) => (event) => {
          if (event.job?.id !== job.id) return;
          send('job', event.job);
          if (ended(event.job)) res.end();
        },
      );
    }
    return json(job);
  }
  if (path === '/runs') {
    const list = filtered([...runs].reverse(), q.get('filter'), runFields);
    const [key, direction] = (q.get('orderBy') || '').split(' ');
    if (order[key])
      list.sort(
        (a, b) =>
          (order[key](a) > order[key](b) ? 1 : -1) *
          (direction === 'desc' ? -1 : 1),
      );
    return json(page(list.map(short), q, 'runs'));
  }
  if (part[0] === 'runs') {
    const run = find(runs, part[1], 'run');
    return json(
      part[2] === 'predictions'
        ? page(data.predictionsOf(run), q, 'predictions')
        : run,
    );
  }
  throw [404, 'NOT_FOUND', `no route ${path}`];
}

const headers = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'same-origin',
};

createServer((req, res) => {
  const url = new URL(req.url, 'http://localhost');
  for (const [name, value] of Object.entries(headers))
    res.setHeader(name, value);
  if (url.pathname === '/healthz') return res.end('ok');
  if (url.pathname.startsWith('/api/v1/')) {
    return api(req, res, url.pathname.slice(7), url.searchParams).catch(
      (error) => {
        const [status, code, message] = Array.isArray(error)
          ? error
          : [500, 'INTERNAL', String(error?.stack)];
        res.writeHead(status, { 'Content-Type': 'application/json' });
        res.end(JSON.stringify({ error: { code, message } }));
      },
    );
  }
  const known = extname(url.pathname) && !url.pathname.includes('..');
  const file = join(dist, known ? url.pathname : 'index.html');
  if (!existsSync(file)) {
    res.writeHead(404);
    return res.end('not found');
  }
  res.setHeader(
    'Content-Type',
    types[extname(file)] ?? 'application/octet-stream',
  );
  res.setHeader(
    'Cache-Control',
    url.pathname.startsWith('/assets/')
      ? 'public, max-age=31536000, immutable'
      : 'no-cache',
  );
  return createReadStream(file).pipe(res);
}).listen(Number(process.argv[2] || 7079), '127.0.0.1', function () {
  console.log(`made-up data on http://127.0.0.1:${this.address().port}/`);
});
