/** Properties of AWS::SecretsManager::Secret, resolved. */
export interface TemplateSecret {
  readonly name: string;
  readonly arn: string;
  readonly description: string | null;
  readonly kmsKeyId: string | null;
  readonly tags: readonly { readonly Key: string; readonly Value: string }[];
  /** Null leaves the secret without a value. */
  readonly generate: {
    readonly rules: PasswordMembers;
    /** JSON object that the value is put into; null: the value is the secret. */
    readonly into: {
      readonly template: Readonly<Record<string, unknown>>;
      readonly key: string;
    } | null;
  } | null;
}

/** Source: Secrets Manager API reference, GetRandomPassword. */
export interface PasswordMembers {
  readonly PasswordLength: number;
  readonly ExcludeCharacters: string;
  readonly ExcludeLowercase: boolean;
  readonly ExcludeUppercase: boolean;
  readonly ExcludeNumbers: boolean;
  readonly ExcludePunctuation: boolean;
  readonly IncludeSpace: boolean;
  readonly RequireEachIncludedType: boolean;
}
