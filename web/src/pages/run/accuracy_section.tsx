import { useEffect, useState } from 'preact/hooks';
import { listPredictions } from '../../api';
import { ConfusionMatrix } from '../../charts/confusion';
import { count, num, percent } from '../../format';
import type { Prediction, Run } from '../../types.gen';
import { OriginBadge } from '../../ui/badge';
import { ExportButton } from '../../ui/export';
import { ExportAll } from '../../ui/export_all';
import { ErrorBox } from '../../ui/state';
import { type Column, DataTable } from '../../ui/table';
import { confusion, wrongOnes } from './data';

export function AccuracySection({ run }: { run: Run }) {
  const matrix = confusion(run);
  if (!run.accuracy) return null;
  const { correct, total, top1 } = run.accuracy;
  return (
    <section aria-labelledby="accuracy">
      <div class="section-head">
        <h2 id="accuracy">
          Accuracy <OriginBadge origin={run.origin} />
        </h2>
        <div class="tools">
          <ExportAll tables={['predictions']} filter={`id = ${run.id}`} />
          {matrix && (
            <ExportButton
              sheet={() => ({
                name: `${run.id}-confusion`,
                columns: ['truth', 'predicted', 'samples'],
                rows: matrix.cells.map((n, i) => [
                  Math.floor(i / matrix.classCount),
                  i % matrix.classCount,
                  n,
                ]),
              })}
            />
          )}
        </div>
      </div>
      <p>
        {percent(top1)} top-1: {count(correct)} of {count(total)} samples of{' '}
        <strong>{run.datasetName || 'the dataset'}</strong> were classified
        rightly on the board.
      </p>
      <div class="two">
        {matrix && <ConfusionMatrix confusion={matrix} />}
        <WrongSamples run={run} wrongCount={num(total) - num(correct)} />
      </div>
    </section>
  );
}

const SHOWN = 50;

interface Found {
  wrong: Prediction[];
  next: string;
}

/** The next screenful of wrong ones; the server leaves the others out. */
async function findWrong(
  runId: string,
  from: Found,
  signal: AbortSignal,
): Promise<Found> {
  const found = { ...from, wrong: [...from.wrong] };
  const target = from.wrong.length + SHOWN;
  do {
    const page = await listPredictions(
      runId,
      { filter: 'correct = false', pageSize: SHOWN, pageToken: found.next },
      signal,
    );
    found.wrong.push(...wrongOnes(page.predictions));
    found.next = page.nextPageToken;
  } while (found.next && found.wrong.length < target);
  return found;
}

const columns: Column<Prediction>[] = [
  { key: 'sample_index', title: '#', value: (p) => num(p.sampleIndex) },
  {
    key: 'sample_name',
    title: 'sample',
    value: (p) => p.sampleName,
    className: 'name',
    show: (p) => <span title={p.sampleName}>{p.sampleName}</span>,
  },
  { key: 'label', title: 'truth', number: true, value: (p) => p.label },
  {
    key: 'predicted',
    title: 'predicted',
    number: true,
    value: (p) => p.predicted,
  },
  {
    key: 'cycles',
    title: 'cycles',
    number: true,
    value: (p) => num(p.cycles),
    show: (p) => count(p.cycles),
  },
];

function WrongSamples({ run, wrongCount }: { run: Run; wrongCount: number }) {
  const [found, setFound] = useState<Found>({ wrong: [], next: '' });
  const [error, setError] = useState<Error>();
  const [wanted, setWanted] = useState(1);
  useEffect(() => {
    if (wrongCount <= 0) return undefined;
    const control = new AbortController();
    setError(undefined);
    findWrong(run.id, found, control.signal).then(
      setFound,
      (reason: unknown) => {
        if (!control.signal.aborted)
          setError(
            reason instanceof Error ? reason : new Error(String(reason)),
          );
      },
    );
    return () => control.abort();
  }, [run.id, wanted]);

  if (wrongCount <= 0)
    return <p class="empty-title">No sample was classified wrongly.</p>;
  if (error)
    return <ErrorBox error={error} retry={() => setWanted(wanted + 1)} />;
  return (
    <div>
      <DataTable
        tall
        name={`${run.id}-wrong`}
        columns={columns}
        rows={found.wrong}
        rowKey={(p) => p.sampleIndex}
        caption={`${found.wrong.length} of ${count(wrongCount)} wrongly classified`}
      />
      {found.next && (
        <p class="submit-row">
          <button type="button" onClick={() => setWanted(wanted + 1)}>
            Show more
          </button>
        </p>
      )}
    </div>
  );
}
