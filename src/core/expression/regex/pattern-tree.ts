/** A set of code points: inclusive ranges, properties, or everything else. */
export interface CharacterSet {
  readonly negated: boolean;
  /** Inclusive ranges, flat: from, to, from, to. */
  readonly ranges: readonly number[];
  readonly properties: readonly { readonly pattern: RegExp; readonly negated: boolean }[];
}

export type Assertion = 'begin' | 'end' | 'wordBoundary' | 'noWordBoundary';

export type PatternNode =
  | { readonly kind: 'empty' }
  | { readonly kind: 'set'; readonly set: CharacterSet }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence' | 'alternatives'; readonly nodes: readonly PatternNode[] }
  | {
      readonly kind: 'repeat';
      readonly node: PatternNode;
      readonly min: number;
      /** null: without limit. */
      readonly max: number | null;
    };

/** Where the parser is in the pattern. */
export interface PatternCursor {
  readonly text: string;
  offset: number;
  depth: number;
}
