import type { AvroType } from '../avro-type.ts';
import { createLeastBytes } from './least-bytes.ts';
import { SourceText } from './source-text.ts';

/** The columns of rows; other spaces are items of lists and entries of maps. */
export const ROWS = 0;

/** Where code stands that is being generated. */
export interface Place {
  readonly out: SourceText;
  /** Expression: the slot that is written. */
  readonly slot: string;
  /** Statement that refuses the row. */
  readonly fail: string;
  /** Number of the space the slot is in. */
  readonly space: number;
  /** Expression: records around the place, the row's own not counted. */
  readonly depth: number | string;
  /** Bytes that are left for certain behind the value that is read. */
  readonly after: number;
  /** Whether each row takes this way, unless a value is missing: not within one of several branches. */
  readonly always: boolean;
}

/** How a decoder finds a column of its target: stored names of fields; `element`, `keys` and `values` of lists and maps. */
export interface ColumnPath {
  readonly parent: number | null;
  readonly step: string;
}

/** Members of column objects that generated code uses, as expressions. */
const MEMBERS = {
  column: '',
  values: '.values',
  words: '.words',
  codes: '.codes',
  offsets: '.offsets',
  validity: '.validity',
  starts: '.ranges.starts',
  ends: '.ranges.ends',
  child: '.child',
  log: '.keyLog',
  keys: '.keys',
} as const;

type Member = keyof typeof MEMBERS;

/**
 * The parts of a decoder's source. Names in it are made of numbers only; whatever comes from a schema (symbols,
 * defaults, names of fields) is handed to the generated function as a value.
 */
export class DecoderSource {
  readonly leastBytes: (type: AvroType) => number = createLeastBytes();
  readonly paths: ColumnPath[] = [];
  /** Values that generated code uses, as `constants[i]`. */
  readonly constants: unknown[] = [];
  /** Symbols of a writer's enum as the reader sees them, and the column they are codes of. */
  readonly enums: { readonly column: number; readonly symbols: readonly string[] }[] = [];
  readonly functions: string[] = [];
  readonly #columns = new Map<string, number>();
  readonly #spaces = new Map<number, number>();
  readonly #members: Map<string, string>[] = [new Map()];
  readonly #shared = new Map<string, string>();
  readonly #skippers = new Map<AvroType, string>();
  #names = 0;

  /** The number of the column at a step below another column, or of a field of the row. */
  column(parent: number | null, step: string): number {
    const key = `${parent} ${step}`;
    const known = this.#columns.get(key);
    if (known !== undefined) return known;
    this.#columns.set(key, this.paths.length);
    return this.paths.push({ parent, step }) - 1;
  }

  /** The number of the space of a list's items or a map's entries. */
  spaceBelow(column: number): number {
    const space = this.#spaces.get(column) ?? this.#members.push(new Map()) - 1;
    this.#spaces.set(column, space);
    return space;
  }

  /** A name for a member of a column; buffers are loaded again when their space grows. */
  member(space: number, column: number, member: Member): string {
    return this.#name(this.#members[space], column, member);
  }

  /** A name for a member that is no buffer, for use in all functions. */
  shared(column: number, member: Member): string {
    return this.#name(this.#shared, column, member);
  }

  #name(names: Map<string, string> | undefined, column: number, member: Member): string {
    const name = `${member}${column}`;
    names?.set(name, `columns[${column}]${MEMBERS[member]}`);
    return name;
  }

  constant(value: unknown): string {
    return `constants[${this.constants.push(value) - 1}]`;
  }

  /** A name for the codes of the writer's symbols in the dictionary of an enum column. */
  symbolCodes(column: number, symbols: readonly string[]): string {
    return `symbolCodes[${this.enums.push({ column, symbols }) - 1}]`;
  }

  functionName(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** Adds a function of the position, the end and other parameters. */
  addFunction(signature: string, write: (out: SourceText) => void): void {
    const out = new SourceText(0);
    out.add(`function ${signature} {`, 'const b = bytes, dv = view;', 'let n = 0;');
    write(out);
    out.add('}');
    this.functions.push(out.toString());
  }

  /** The function that skips values of a type; `write` adds it when it is new. Types that contain themselves are found. */
  skipper(type: AvroType, write: (name: string) => void): string {
    const known = this.#skippers.get(type);
    if (known !== undefined) return known;
    const name = this.functionName('skip');
    this.#skippers.set(type, name);
    write(name);
    return name;
  }

  /** Names with what they stand for: of buffers per space, that of the rows first, and of what all functions share. */
  get loads(): { readonly spaces: readonly Loads[]; readonly shared: Loads } {
    return { spaces: this.#members.map((names) => [...names]), shared: [...this.#shared] };
  }
}

/** Names, each with the expression it is loaded from. */
export type Loads = readonly (readonly [string, string])[];

/** `end`, less the bytes that must be left. */
export function roomEnd(after: number): string {
  return after === 0 ? 'end' : `end - ${after}`;
}
