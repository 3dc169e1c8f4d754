/** A payload for reading; long ones are folded. */
import { pretty } from '../data/format.js';

const FOLDED_FROM = 2000;

export function Json({ value, label }: { readonly value: unknown; readonly label: string }) {
  if (value === null || value === undefined) return <p class="muted">{label}: none</p>;
  const text = pretty(value);
  return (
    <details class="json" open={text.length < FOLDED_FROM}>
      <summary>{label}</summary>
      <section
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must scroll it
        tabIndex={0}
        aria-label={label}
      >
        <pre>{text}</pre>
      </section>
    </details>
  );
}
