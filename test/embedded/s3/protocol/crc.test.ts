import { describe, expect, it } from 'vitest';
import { startCrc32c, startCrc64Nvme } from '#embedded/s3/protocol/crc.ts';

const CHECK = Buffer.from('123456789');

describe('CRC-32C', () => {
  it('matches the check value of RFC 3720', () => {
    const crc = startCrc32c();
    crc.update(CHECK);
    expect(crc.digest().toString('hex')).toBe('e3069283');
  });

  it('matches RFC 3720 B.4: 32 bytes of zeros and of ones', () => {
    const zeros = startCrc32c();
    zeros.update(Buffer.alloc(32));
    const ones = startCrc32c();
    ones.update(Buffer.alloc(32, 0xff));
    expect(zeros.digest().toString('hex')).toBe('8a9136aa');
    expect(ones.digest().toString('hex')).toBe('62a8ab43');
  });
});

describe('CRC-64/NVME', () => {
  it('matches the check value', () => {
    const crc = startCrc64Nvme();
    crc.update(CHECK);
    expect(crc.digest().toString('hex')).toBe('ae8b14860a799888');
  });

  it('matches the NVMe specification: 4096 bytes of zeros and of ones', () => {
    const zeros = startCrc64Nvme();
    zeros.update(Buffer.alloc(4096));
    const ones = startCrc64Nvme();
    ones.update(Buffer.alloc(4096, 0xff));
    expect(zeros.digest().toString('hex')).toBe('6482d367eb22b64e');
    expect(ones.digest().toString('hex')).toBe('c0ddba7302eca3ac');
  });

  it('does not depend on how the bytes are split', () => {
    const whole = startCrc64Nvme();
    whole.update(CHECK);
    const split = startCrc64Nvme();
    for (const byte of CHECK) split.update(Buffer.from([byte]));
    expect(split.digest()).toEqual(whole.digest());
  });

  it('is all zeros for no bytes', () => {
    expect(startCrc64Nvme().digest().toString('base64')).toBe('AAAAAAAAAAA=');
    expect(startCrc32c().digest().toString('base64')).toBe('AAAAAA==');
  });
});
