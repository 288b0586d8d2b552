/** Rules that settings are made of: from the text in the environment to a value. `whenAbsent`: the value where there is none. */
import { z } from 'zod';

export interface SettingDefinition<T = unknown> {
  readonly schema: z.ZodType<T, string | undefined>;
  /** Accepted values, for people. */
  readonly accepts: string;
  readonly example: string;
  readonly meaning: string;
  /** The default as text, `''` for none. */
  readonly default: string;
  /** Never printed. */
  readonly secret?: true;
}

/** 0, 1, true or false. */
export const flag = (whenAbsent: boolean) =>
  z
    .enum(['0', '1', 'true', 'false'])
    .optional()
    .transform((v) => (v === undefined ? whenAbsent : v === '1' || v === 'true'));

/** A whole number from `min` to `max`. */
export const integer = (whenAbsent: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/)
    .optional()
    .transform((v) => (v === undefined ? whenAbsent : Number(v)))
    .pipe(z.number().int().min(min).max(max));

/** A number with or without decimals, from `min` to `max`. */
export const decimal = (whenAbsent: number, min: number, max: number) =>
  z
    .string()
    .regex(/^\d+(\.\d+)?$/)
    .optional()
    .transform((v) => (v === undefined ? whenAbsent : Number(v)))
    .pipe(z.number().min(min).max(max));

/** An absolute path. */
export const folder = (whenAbsent: string) =>
  z
    .string()
    .regex(/^\//)
    .optional()
    .transform((v) => v ?? whenAbsent);

/** Any text. */
export const text = (whenAbsent: string) =>
  z
    .string()
    .optional()
    .transform((v) => v ?? whenAbsent);

export const optionalText = z.string().optional();

/** Parts between commas, without the space around them; empty ones are left out. */
export const csv = (whenAbsent: string) =>
  text(whenAbsent).transform((v) =>
    v
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  );
