/**
 * Measures the text of a registration document in one pass before it is parsed: for some contents
 * the time and memory of the parser grow faster than the text. Every character that could be
 * structure counts, inside quoted text too, so that nothing escapes the count; the limits are far
 * above what a document needs.
 */
import { LIMITS } from '../limits/limits.js';

export interface TooMuch {
  readonly code: 'DOCUMENT_TOO_LARGE' | 'DOCUMENT_TOO_COMPLEX';
  readonly message: string;
  readonly line: number | null;
}

type Counted = 'lines' | 'nodes' | 'anchors' | 'aliases' | 'tags' | 'depth';

const MOST: Readonly<Record<Counted, number>> = {
  lines: LIMITS.documentLines.value,
  nodes: LIMITS.documentNodes.value,
  anchors: LIMITS.documentAnchors.value,
  aliases: LIMITS.documentAliases.value,
  tags: LIMITS.documentTags.value,
  depth: LIMITS.documentDepth.value,
};
const NAMES: Readonly<Record<Counted, string>> = {
  lines: 'lines',
  nodes: 'fields and list entries',
  anchors: 'anchors (&name)',
  aliases: 'aliases (*name)',
  tags: 'tags (!name)',
  depth: 'levels of nesting',
};

/** Why this text is not parsed, or null. */
export function tooMuchIn(text: string, mostCharacters: number): TooMuch | null {
  if (text.length > mostCharacters) {
    const message = `the document has ${text.length} characters, at most ${mostCharacters} are allowed`;
    return { code: 'DOCUMENT_TOO_LARGE', message, line: null };
  }
  const measure = new Measure();
  for (let index = 0; index < text.length; index++) {
    const over = measure.take(text.charCodeAt(index), text.charCodeAt(index + 1));
    if (over !== null) {
      const message = `the document has more than ${MOST[over]} ${NAMES[over]}; register its orchestrations in several documents`;
      return { code: 'DOCUMENT_TOO_COMPLEX', message, line: measure.line };
    }
  }
  return null;
}

const [NEWLINE, RETURN, SPACE, TAB] = [10, 13, 32, 9];
const isBlank = (code: number): boolean =>
  code === SPACE || code === TAB || code === NEWLINE || code === RETURN || Number.isNaN(code);

class Measure {
  line = 1;
  private readonly counts = { nodes: 0, anchors: 0, aliases: 0, tags: 0 };
  /** Open brackets. */
  private flow = 0;
  /** Start columns of the blocks that contain the current line. */
  private readonly blocks: number[] = [];
  private column = -1;
  /** The line has only blanks and list marks so far. */
  private atStart = true;
  /** A token may begin here. */
  private fresh = true;

  /** Which limit is exceeded with this character; null = none. */
  take(code: number, next: number): Counted | null {
    this.column++;
    if (code === NEWLINE) return this.newLine();
    if (code === SPACE || code === TAB || code === RETURN) {
      this.fresh = true;
      return null;
    }
    const fresh = this.fresh;
    this.fresh = false;
    if (this.atStart) {
      this.enterBlock();
      // A list mark or an explicit key: what follows in this line is one level deeper.
      this.atStart = (code === 45 || code === 63) && isBlank(next);
      if (this.blocks.length + this.flow > MOST.depth) return 'depth';
    }
    return this.count(code, next, fresh);
  }

  private newLine(): Counted | null {
    this.line++;
    this.column = -1;
    this.atStart = true;
    this.fresh = true;
    return this.line > MOST.lines ? 'lines' : null;
  }

  private enterBlock(): void {
    while ((this.blocks.at(-1) ?? -1) >= this.column) this.blocks.pop();
    this.blocks.push(this.column);
  }

  private count(code: number, next: number, fresh: boolean): Counted | null {
    switch (code) {
      case 91: // [
      case 123: // {
        this.fresh = true;
        if (++this.flow + this.blocks.length > MOST.depth) return 'depth';
        return this.add('nodes');
      case 93: // ]
      case 125: // }
        this.flow = Math.max(0, this.flow - 1);
        return null;
      case 44: // ,
        this.fresh = true;
        return this.add('nodes');
      case 58: // :
        this.fresh = this.flow > 0;
        return this.add('nodes');
      case 45: // -
      case 63: // ?
        return fresh && isBlank(next) ? this.add('nodes') : null;
      case 38: // &
        return fresh && !isBlank(next) ? this.add('anchors') : null;
      case 42: // *
        return fresh && !isBlank(next) ? this.add('aliases') : null;
      case 33: // !
      case 37: // %
        return fresh ? this.add('tags') : null;
      default:
        return null;
    }
  }

  private add(what: 'nodes' | 'anchors' | 'aliases' | 'tags'): Counted | null {
    return ++this.counts[what] > MOST[what] ? what : null;
  }
}
