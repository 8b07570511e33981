// An instant in words, for messages of rooms that know no clock and no Date.

const msPerDay = 86_400_000;

/**
 * @param wallMs milliseconds since 1970, from 0 up to the year 9999
 * @returns `2026-01-31T12:00:00.000Z`, as Date would write it
 */
export function isoTime(wallMs: number): string {
  const days = Math.floor(wallMs / msPerDay);
  const ms = Math.floor(wallMs - days * msPerDay);
  const time = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60, Math.floor(ms / 1000) % 60];
  return `${dateOf(days)}T${time.map((part) => pad(part, 2)).join(':')}.${pad(ms % 1000, 3)}Z`;
}

/** Days since 1970 as a date; eras of 400 years begin in March, so that a leap day is the last of its year. */
function dateOf(days: number): string {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`;
}

const pad = (value: number, width: number): string => String(value).padStart(width, '0');
