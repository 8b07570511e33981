// Branded numbers and strings: a value says what it measures or names, and the compiler keeps them apart.

declare const brand: unique symbol;
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** A duration, or an instant of a monotonic clock, in milliseconds; may have a fraction. */
export type Ms = Brand<number, 'Ms'>;

/** A duration. */
export const milliseconds = (value: number): Ms => value as Ms;
/** 1,000 milliseconds each. */
export const seconds = (value: number): Ms => (value * 1000) as Ms;
/** 60 seconds each. */
export const minutes = (value: number): Ms => (value * 60_000) as Ms;
/** 60 minutes each. */
export const hours = (value: number): Ms => minutes(value * 60);
/** 24 hours each. */
export const days = (value: number): Ms => hours(value * 24);

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
