/** A version of a secret: text, or bytes as base64; either may be absent, never both given. */
export interface SecretVersion {
  readonly id: string;
  readonly text: string | null;
  readonly base64: string | null;
  readonly createdMs: number;
  /** Staging labels; AWSCURRENT is the version that readers get. */
  readonly stages: readonly string[];
}

export interface StoredSecret {
  readonly name: string;
  readonly arn: string;
  readonly description: string | null;
  readonly kmsKeyId: string | null;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  readonly createdMs: number;
  readonly changedMs: number;
  /** When it will be gone; null while nobody deleted it. */
  readonly deletionMs: number | null;
  readonly versions: readonly SecretVersion[];
}

export const CURRENT = 'AWSCURRENT';
export const PREVIOUS = 'AWSPREVIOUS';

export function versionWith(secret: StoredSecret, stage: string): SecretVersion | null {
  return secret.versions.find(({ stages }) => stages.includes(stage)) ?? null;
}

/**
 * The versions with a new one that gets these labels. A label is at one version: the others lose it. The version that
 * loses AWSCURRENT gets AWSPREVIOUS, and one without labels is gone.
 * Source: Secrets Manager user guide, "Version"; API reference, PutSecretValue.
 */
export function withVersion(
  versions: readonly SecretVersion[],
  added: SecretVersion,
): readonly SecretVersion[] {
  const losesCurrent = added.stages.includes(CURRENT);
  const kept = versions.flatMap((version): SecretVersion[] => {
    const wasCurrent = losesCurrent && version.stages.includes(CURRENT);
    const stages = version.stages.filter(
      (stage) => !added.stages.includes(stage) && !(losesCurrent && stage === PREVIOUS),
    );
    const labelled = wasCurrent ? [...stages, PREVIOUS] : stages;
    return labelled.length === 0 ? [] : [{ ...version, stages: labelled }];
  });
  return [...kept, added];
}
