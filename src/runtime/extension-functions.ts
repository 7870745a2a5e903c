import {
  createFunctionTable,
  type FunctionTable,
} from '#core/expression/extension/function-table.ts';
import { functions } from '../../extensions/functions.ts';

let table: FunctionTable | null = null;

/**
 * What `fn:name(…)` may call: bundled with every function that evaluates expressions. Throws CONFIG_INVALID when one of
 * them is defined wrongly.
 */
export function extensionFunctions(): FunctionTable {
  table ??= createFunctionTable(functions);
  return table;
}
