// Drop a model, choose boards and dataset, submit: one job per kind of board.
import { useRef, useState } from 'preact/hooks';
import {
  createJob,
  getServerInfo,
  listBoards,
  listDatasets,
  uploadBlob,
} from '../../api';
import { bytes, num } from '../../format';
import { useLoad } from '../../load';
import { navigate } from '../../router';
import type { Job } from '../../types.gen';
import { ErrorBox, Loaded } from '../../ui/state';
import { fileProblem, kinds, makeNonce, requests } from './data';

/** What is going on; `share`, 0..1, where it can be told. */
interface Busy {
  text: string;
  share?: number;
}

interface Sent {
  jobs: Job[];
  error?: Error;
}

export function SubmitPanel() {
  const boards = useLoad('boards', listBoards);
  const datasets = useLoad('datasets', listDatasets);
  const info = useLoad('info', getServerInfo);
  const [file, setFile] = useState<File>();
  const [problem, setProblem] = useState('');
  const [busy, setBusy] = useState<Busy>();
  const [sent, setSent] = useState<Sent>();
  const nonce = useRef(makeNonce());

  const take = (next: File | null | undefined) => {
    if (!next) return;
    const wrong = fileProblem(
      next.name,
      next.size,
      num(info.data?.maxBlobBytes) || 0,
    );
    setProblem(wrong);
    setFile(wrong ? undefined : next);
    setSent(undefined);
    nonce.current = makeNonce();
  };

  const submit = async (form: FormData) => {
    const chosen = form.getAll('board').map(String);
    if (!file) return setProblem('choose a .tflite file first');
    if (chosen.length === 0) return setProblem('choose at least one board');
    setProblem('');
    setSent(undefined);
    setBusy({ text: 'Uploading…', share: 0 });
    const jobs: Job[] = [];
    try {
      const blob = await uploadBlob(file, (sentBytes, total) =>
        setBusy({
          text: `Uploading: ${bytes(sentBytes)} of ${bytes(total)}`,
          share: total > 0 ? sentBytes / total : 0,
        }),
      );
      setBusy({ text: 'Submitting…' });
      for (const request of requests(
        {
          modelSha256: blob.sha256,
          modelName: file.name,
          boards: chosen,
          dataset: String(form.get('dataset') ?? ''),
          runs: Number(form.get('runs')),
          warmups: Number(form.get('warmups')),
          priority: Number(form.get('priority')),
          optimize: String(form.get('optimize') ?? 'speed'),
          submitter: String(form.get('submitter') ?? ''),
        },
        nonce.current,
      )) {
        jobs.push(await createJob(request));
      }
      nonce.current = makeNonce();
      setSent({ jobs });
      if (jobs.length === 1) navigate(`/jobs/${jobs[0]!.id}`);
    } catch (reason) {
      setSent({
        jobs,
        error: reason instanceof Error ? reason : new Error(String(reason)),
      });
    } finally {
      setBusy(undefined);
    }
    return undefined;
  };

  return (
    <section class="panel" aria-label="Submit a model">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void submit(new FormData(event.currentTarget));
        }}
      >
        <DropZone file={file} onFile={take} />
        <fieldset>
          <legend>Boards</legend>
          <Loaded load={boards} what="boards">
            {(page) => {
              const list = kinds(page.boards);
              return list.length === 0 ? (
                <p>
                  No board has ever attached. Start an agent:{' '}
                  <code>tinyrig-agent</code>.
                </p>
              ) : (
                <div class="choices">
                  {list.map((kind, i) => (
                    <label key={kind.id}>
                      <input
                        type="checkbox"
                        name="board"
                        value={kind.id}
                        defaultChecked={list.length === 1 && i === 0}
                      />{' '}
                      {kind.id}{' '}
                      <span class="quiet">
                        {kind.present > 0
                          ? `${kind.present} here`
                          : 'none here now'}
                        {kind.virtual ? ', virtual (EMULATED)' : ''}
                      </span>
                    </label>
                  ))}
                </div>
              );
            }}
          </Loaded>
        </fieldset>
        <Options
          names={datasets.data?.datasets.map((d) => `${d.name}`) ?? []}
          failed={!!datasets.error}
        />
        <p class="submit-row">
          <button type="submit" class="primary" disabled={!!busy}>
            {busy ? 'Working…' : 'Submit'}
          </button>
          {busy && <Working busy={busy} />}
          {problem && (
            <span class="problem" role="alert">
              {problem}
            </span>
          )}
        </p>
      </form>
      {sent && sent.jobs.length > 0 && (
        <p role="status">
          Submitted{' '}
          {sent.jobs.map((job) => (
            <a key={job.id} class="spaced" href={`/jobs/${job.id}`}>
              {job.id} ({job.spec?.boardId})
            </a>
          ))}
        </p>
      )}
      {sent?.error && <ErrorBox error={sent.error} />}
    </section>
  );
}

function Working({ busy }: { busy: Busy }) {
  return (
    <span class="progress" role="status">
      {busy.share !== undefined && (
        <progress max="1" value={busy.share} aria-label="Upload" />
      )}
      {busy.text}
    </span>
  );
}

function DropZone({
  file,
  onFile,
}: {
  file: File | undefined;
  onFile(file: File | null | undefined): void;
}) {
  const [over, setOver] = useState(false);
  return (
    <label
      class={`drop ${over ? 'over' : ''}`}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        onFile(event.dataTransfer?.files[0]);
      }}
    >
      <input
        type="file"
        accept=".tflite,.tinyrig"
        class="visually-hidden"
        onChange={(event) => onFile(event.currentTarget.files?.[0])}
      />
      {file ? (
        <strong>
          {file.name} <span class="quiet">{bytes(file.size)}</span>
        </strong>
      ) : (
        <span>
          Drop a <strong>.tflite</strong> model here, or press to choose one
        </span>
      )}
    </label>
  );
}

function Options({ names, failed }: { names: string[]; failed: boolean }) {
  return (
    <div class="filters">
      <label>
        dataset{' '}
        <select name="dataset">
          <option value="">none: latency and memory only</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        {failed && <span class="problem">datasets could not be listed</span>}
      </label>
      <label>
        recorded inferences{' '}
        <input
          type="number"
          name="runs"
          min="1"
          max="1000"
          required
          defaultValue="10"
        />
      </label>
      <label>
        warm-ups{' '}
        <input
          type="number"
          name="warmups"
          min="0"
          max="64"
          required
          defaultValue="3"
        />
      </label>
      <label>
        priority{' '}
        <input
          type="number"
          name="priority"
          min="-100"
          max="100"
          required
          defaultValue="0"
        />
      </label>
      <label>
        optimise for{' '}
        <select name="optimize">
          <option>speed</option>
          <option>size</option>
        </select>
      </label>
      <label>
        your name{' '}
        <input
          type="text"
          name="submitter"
          maxLength={64}
          placeholder="anna"
          title="The queue is fair between submitters"
        />
      </label>
    </div>
  );
}
