/** Lines of generated JavaScript, indented by braces: a line that ends in `{` opens, one that starts with `}` closes. */
export class SourceText {
  readonly #lines: string[] = [];
  #depth: number;

  constructor(depth = 0) {
    this.#depth = depth;
  }

  add(...lines: readonly string[]): void {
    for (const line of lines) {
      if (line.startsWith('}')) this.#depth--;
      this.#lines.push('  '.repeat(this.#depth) + line);
      if (line.endsWith('{')) this.#depth++;
    }
  }

  /** A comment that names something of a schema. A name is foreign text: what could end a comment is left out. */
  comment(name: string): void {
    this.add(`// ${name.slice(0, 80).replace(/[^\w.[\]]/g, '?')}`);
  }

  toString(): string {
    return this.#lines.join('\n');
  }
}
