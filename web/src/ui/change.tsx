// A relative change; less is better unless said otherwise.
import { change } from '../format';

interface Props {
  value: number;
  moreIsBetter?: boolean;
  /** False: the change is within noise and stays grey. */
  significant?: boolean;
}

export function changeTone({ value, moreIsBetter, significant }: Props) {
  if (!Number.isFinite(value) || value === 0 || significant === false)
    return 'same';
  return value > 0 === !!moreIsBetter ? 'better' : 'worse';
}

export function Change(props: Props) {
  const tone = changeTone(props);
  const words = {
    same: 'no significant change',
    better: 'better',
    worse: 'worse',
  };
  return (
    <span class={`change ${tone}`} title={words[tone]}>
      {change(props.value)}
      {tone !== 'same' && <span class="visually-hidden"> ({tone})</span>}
    </span>
  );
}
