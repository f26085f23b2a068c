import { goQuote } from "../go-quote.ts";
import { invalidArgument } from "./query-error.ts";

/** The parts of a profile type id. */
export interface ProfileTypeParts {
  /** The five parts joined by colons: what `__profile_type__` holds. */
  readonly id: string;
  readonly name: string;
  readonly sampleType: string;
  readonly sampleUnit: string;
  readonly periodType: string;
  readonly periodUnit: string;
}

/** Splits a profile type id; a sixth part (historically `delta`) is ignored. Throws `invalid_argument` otherwise. */
export function parseProfileType(id: string): ProfileTypeParts {
  const parts = profileTypeParts(id);
  if (parts === undefined) {
    throw invalidArgument(
      `profile-type selection must be of the form <name>:<sample-type>:<sample-unit>:<period-type>:<period-unit>(:delta), got(${id.split(":").length}): ${goQuote(id)}`,
    );
  }
  return parts;
}

/** As {@link parseProfileType}, undefined for what is no profile type id. */
export function profileTypeParts(id: string): ProfileTypeParts | undefined {
  const parts = id.split(":");
  if (parts.length !== 5 && parts.length !== 6) return undefined;
  const [name, sampleType, sampleUnit, periodType, periodUnit] = parts as [
    string,
    string,
    string,
    string,
    string,
  ];
  return {
    id: parts.slice(0, 5).join(":"),
    name,
    sampleType,
    sampleUnit,
    periodType,
    periodUnit,
  };
}
