import { Empty } from '../../ui/state';

export default function MissingPage() {
  return (
    <>
      <h1>Not found</h1>
      <Empty title="There is no page at this address.">
        <p>
          <a href="/">To the overview</a>
        </p>
      </Empty>
    </>
  );
}
