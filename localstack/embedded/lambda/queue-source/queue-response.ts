import type { LambdaOutcome, SqsMessageView } from '#embedded/services.ts';
import { readBatchItemFailures } from '../batch-item-failures.ts';

/**
 * The messages that are done with. Without ReportBatchItemFailures all or none are; with it the reported ones are not,
 * and an answer that names a message which was not sent, or has another form, fails them all.
 * Source: AWS Lambda developer guide, "Implementing partial batch responses" (Amazon SQS).
 */
export function messagesDone(
  outcome: LambdaOutcome,
  messages: readonly SqsMessageView[],
  options: { readonly reportBatchItemFailures: boolean },
): readonly SqsMessageView[] {
  if (outcome.kind === 'error') return [];
  if (!options.reportBatchItemFailures) return messages;
  const failures = readBatchItemFailures(outcome.payload);
  if (failures === null) return [];
  const failed = new Set<unknown>();
  const known = new Set<unknown>(messages.map(({ messageId }) => messageId));
  for (const failure of failures) {
    const id = (failure as { readonly itemIdentifier?: unknown } | null)?.itemIdentifier;
    if (!known.has(id)) return [];
    failed.add(id);
  }
  return messages.filter(({ messageId }) => !failed.has(messageId));
}
