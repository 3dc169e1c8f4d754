/** The offsets of worker groups, in one small file that is rewritten at each change. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import type { Log } from '../observability/log.js';
import { PRIVATE_FILE } from './private-files.js';

export class Offsets {
  private byGroup = new Map<string, Map<string, number>>();
  private saving: Promise<void> = Promise.resolve();
  private waiting = false;

  constructor(
    private readonly path: string,
    private readonly log: Log,
  ) {}

  async open(): Promise<void> {
    const text = await readFile(this.path, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '{}';
      throw error;
    });
    try {
      const held = JSON.parse(text) as Record<string, Record<string, number>>;
      this.byGroup = new Map(
        Object.entries(held).map(([group, topics]) => [group, new Map(Object.entries(topics))]),
      );
    } catch (error) {
      this.log.warn(
        { path: this.path, err: error },
        'where the workers were cannot be read; they start at the earliest records again',
      );
    }
  }

  /** The next offset of this group; null = it has not read this topic. */
  at(group: string, topic: string): number | null {
    return this.byGroup.get(group)?.get(topic) ?? null;
  }

  /** The smallest next offset of all groups; null = no group has read this topic. */
  slowest(topic: string): number | null {
    const all = [...this.byGroup.values()].flatMap((topics) => topics.get(topic) ?? []);
    return all.length === 0 ? null : Math.min(...all);
  }

  /** Written to the disk a moment later: after a crash the last records are delivered again. */
  set(group: string, topic: string, offset: number): void {
    const topics = this.byGroup.get(group) ?? new Map<string, number>();
    this.byGroup.set(group, topics.set(topic, offset));
    if (this.waiting) return;
    this.waiting = true;
    this.saving = this.saving.then(() => this.save());
  }

  close(): Promise<void> {
    return this.saving;
  }

  private async save(): Promise<void> {
    this.waiting = false;
    const held = Object.fromEntries(
      [...this.byGroup].map(([group, topics]) => [group, Object.fromEntries(topics)]),
    );
    try {
      await writeFile(`${this.path}.new`, JSON.stringify(held), {
        flush: true,
        mode: PRIVATE_FILE,
      });
      await rename(`${this.path}.new`, this.path);
    } catch (error) {
      this.log.warn(
        { path: this.path, err: error },
        'where the workers are could not be written; after a restart records come again',
      );
    }
  }
}
