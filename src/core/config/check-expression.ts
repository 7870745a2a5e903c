import type { CompileJsonPath } from '#core/poll/json-document.ts';
import type { Field } from '#core/schema/field.ts';

/** What an expression has to give. */
export interface ExpressionTarget {
  /** `boolean` for a quality rule, `any` for a mapping. */
  readonly expect: 'boolean' | 'any';
  /** The column a mapping fills, so that the type of the result can be compared; null for a rule. */
  readonly column: Pick<Field, 'name' | 'type'> | null;
}

/** Checks a row expression against the fields it may use; what is wrong, or null. Never throws. */
export type CheckExpression = (
  text: string,
  fields: readonly Field[],
  target: ExpressionTarget,
) => string | null;

/** Checks a generator call such as `walk(100, 0.02)` for a field; what is wrong, or null. Never throws. */
export type CheckGenerator = (text: string, field: Field) => string | null;

/** Checks that come from elsewhere, so that the configuration does not depend on them. */
export interface ConfigChecks {
  readonly checkExpression?: CheckExpression | undefined;
  readonly checkGenerator?: CheckGenerator | undefined;
  /** Version of the extensions' sources when one of the expressions calls an extension, else null. */
  readonly extensionsOf?: ((expressions: readonly string[]) => string | null) | undefined;
  readonly compileJsonPath?: CompileJsonPath | undefined;
}
