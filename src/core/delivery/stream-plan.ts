import type { Stream } from '../config/project.ts';
import { typeExpression } from '../expression/check-expression.ts';
import { compileTyped } from '../expression/compile-expression.ts';
import { convert } from '../expression/convert-type.ts';
import type { FunctionTable } from '../expression/extension/function-table.ts';
import { fieldsReadBy } from '../expression/read-fields.ts';
import type { Field, Row, Value } from '../schema/field.ts';
import { storedName } from '../schema/field.ts';
import { compileValueCheck, type ValueCheck } from './value-check.ts';

/** A row's way from decoded event to bronze row, compiled once per function instance. */
export interface StreamPlan {
  readonly stream: Stream;
  readonly mappingVersion: number;
  readonly checkSource: ValueCheck;
  /** A mapping may compute what no source may send, an infinity for instance. */
  readonly checkMapped: ValueCheck;
  readonly rules: readonly {
    readonly name: string;
    readonly onFail: 'reject' | 'flag';
    readonly test: (row: Row) => Value;
    /** Stored names of the fields it may read. */
    readonly reads: readonly string[];
  }[];
  readonly mapping: readonly {
    /** As stored. */
    readonly column: string;
    /** Column that keeps the source value when the mapping rewrites a field; null when it fills a column of its own. */
    readonly rawColumn: string | null;
    readonly evaluate: (row: Row) => Value;
    readonly reads: readonly string[];
  }[];
  readonly delayMicros: bigint;
  readonly maxFutureSkewMicros: bigint;
}

/** Compiles rules and mappings. Throws EXPRESSION_INVALID; a loaded project has been checked before. */
export function compileStreamPlan(
  stream: Stream,
  options: {
    readonly mappingVersion: number;
    /** What `fn:name(…)` may call. @default nothing */
    readonly functions?: FunctionTable | undefined;
  },
): StreamPlan {
  const storedNames = new Set(stream.fields.map(storedName));
  const { functions } = options;
  return {
    stream,
    mappingVersion: options.mappingVersion,
    checkSource: compileValueCheck(stream.fields),
    checkMapped: compileValueCheck(stream.mapping.map(mappedColumn)),
    rules: stream.quality.map((rule) => {
      const typed = typeExpression(rule.rule, stream.fields, { functions });
      return {
        name: rule.name,
        onFail: rule.onFail,
        test: compileTyped(typed, rule.rule),
        reads: fieldsReadBy(typed),
      };
    }),
    mapping: stream.mapping.map(({ column, expression, type }) => {
      const typed = convert(typeExpression(expression, stream.fields, { functions }), type);
      return {
        column,
        rawColumn: storedNames.has(column) ? `_raw_${column}` : null,
        evaluate: compileTyped(typed, expression),
        reads: fieldsReadBy(typed),
      };
    }),
    delayMicros: BigInt(stream.watermark.delayMs) * 1000n,
    maxFutureSkewMicros: BigInt(stream.watermark.maxFutureSkewMs) * 1000n,
  };
}

/** The stored name of a mapped column is final; money, whose stored name differs, needs no check. */
function mappedColumn({
  column,
  type,
}: Stream['mapping'][number]): Pick<Field, 'name' | 'type' | 'allowNan'> {
  return { name: column, type, allowNan: false };
}
