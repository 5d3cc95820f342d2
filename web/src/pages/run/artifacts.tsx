import { blobUrl } from '../../api';
import type { Run } from '../../types.gen';
import { Copy } from '../../ui/copy';

export function Artifacts({ run }: { run: Run }) {
  const base = run.modelName.replace(/\.tflite$/, '');
  const files: [string, string, string][] = [
    [
      'artifact (image and all that is known of it)',
      run.artifactSha256,
      `${base}-${run.boardId}.tinyrig`,
    ],
    ['model', run.modelSha256, run.modelName],
    [
      'packed dataset',
      run.datasetSha256,
      `${run.datasetName || 'dataset'}.trdata`,
    ],
  ];
  return (
    <section aria-labelledby="artifacts">
      <h2 id="artifacts">Artifacts</h2>
      <ul class="files">
        {files
          .filter(([, sha]) => sha)
          .map(([what, sha, name]) => (
            <li key={what}>
              <a href={blobUrl(sha, name)} download={name}>
                {name}
              </a>{' '}
              <span class="quiet">{what}</span>
            </li>
          ))}
      </ul>
      <p class="quiet">
        image hash <Copy text={run.imageHash} />
      </p>
    </section>
  );
}
