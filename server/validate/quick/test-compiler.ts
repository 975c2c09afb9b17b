/** The type of the compiler of the quick pass. Its parts call each other through it, so they need not import each other. */
import type { Schema } from '../compile/schema.ts'
import type { QuickTest, ValidationEngine } from '../check-context.ts'

/** Compiles tests for one engine; each type once. */
export type TestCompiler = {
  readonly engine: ValidationEngine
  /** A test of one value against all these schemas; `name` is the property that holds the value. */
  value(schemas: readonly Schema[], name: string): QuickTest
  /** A test against the schema of a type, or of an element with children. */
  type(name: string): QuickTest
  /** A test of a resource against its type and profiles; NEVER where a profile is not defined. */
  resource(type: string, profiles: readonly string[]): QuickTest
  /** The schema of a profile. */
  profile(url: string): Schema | undefined
}
