import type { EventTarget } from './event-target.ts';
import { valueAt } from './json-path.ts';

export interface InputContext {
  readonly ruleArn: string;
  readonly ruleName: string;
  /** When EventBridge took the event, epoch milliseconds. */
  readonly acceptedMs: number;
}

/**
 * What a target gets of an event, as JSON: the event, a part of it, a constant, or a filled-in template.
 * Source: EventBridge user guide, "Amazon EventBridge input transformation".
 */
export function targetInput(
  target: Pick<EventTarget, 'Input' | 'InputPath' | 'InputTransformer'>,
  event: unknown,
  context: InputContext,
): string {
  if (target.Input !== undefined) return target.Input;
  if (target.InputPath !== undefined) {
    // A path that leads nowhere leaves nothing to send.
    return JSON.stringify(valueAt(event, target.InputPath) ?? null);
  }
  const transformer = target.InputTransformer;
  if (transformer === undefined) return JSON.stringify(event);
  const variables = new Map<string, unknown>([
    ['aws.events.rule-arn', context.ruleArn],
    ['aws.events.rule-name', context.ruleName],
    ['aws.events.event.ingestion-time', isoSeconds(context.acceptedMs)],
    ['aws.events.event', event],
    ['aws.events.event.json', event],
  ]);
  for (const [name, path] of Object.entries(transformer.InputPathsMap ?? {})) {
    variables.set(name, valueAt(event, path));
  }
  return fillTemplate(transformer.InputTemplate, variables);
}

/** Inside quotes a value stands as text, outside as JSON; one that the event does not have is empty. */
function fillTemplate(template: string, variables: ReadonlyMap<string, unknown>): string {
  let isQuoted = false;
  const filled = template.replace(/\\.|"|<([\w.-]+)>/gs, (match, name: string | undefined) => {
    if (match === '"') isQuoted = !isQuoted;
    if (name === undefined || !variables.has(name)) return match;
    const value = variables.get(name) ?? '';
    if (!isQuoted) return JSON.stringify(value);
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    return JSON.stringify(text).slice(1, -1);
  });
  return isJson(filled) ? filled : JSON.stringify(filled);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** As events show times: whole seconds. */
export function isoSeconds(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d{3}Z$/, 'Z');
}
