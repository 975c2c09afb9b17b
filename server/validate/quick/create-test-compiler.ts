/**
 * Compiles schemas to tests of the quick pass. All schemas that apply to a value (of its type, its profiles, its slice)
 * become one test, so that the value is walked once. A schema with a keyword that is not in the tables below compiles to
 * NEVER: the quick pass then leaves the value to ajv, and a new keyword of compile/ is safe before it is added here.
 */
import { compileProfile, compileType } from '../compile/structure-definition.ts'
import type { Schema } from '../compile/schema.ts'
import type { ValidationEngine } from '../check-context.ts'
import { KEYWORD_TESTS } from './keywords.ts'
import { listTest } from './list.ts'
import { objectTest } from './object.ts'
import { typeTest, limitTests } from './primitive.ts'
import { resourceTest } from './resource.ts'
import type { TestCompiler } from './test-compiler.ts'
import { allOf, NEVER } from './quick-test.ts'
import type { QuickTest } from '../check-context.ts'

export function createTestCompiler(engine: ValidationEngine): TestCompiler {
  const { structures } = engine.definitions
  const types = new Map<string, QuickTest>()
  const compiler: TestCompiler = {
    engine,
    value: (schemas, name) => valueTest(schemas, name, compiler),
    type(name) {
      // Compiled on first use: types refer to each other in circles, and most are never used.
      let made: QuickTest | undefined
      return (value, context, holder) => (made ??= make(name))(value, context, holder)
    },
    resource: (type, profiles) => {
      const profileSchemas = profiles.map((url) => compiler.profile(url))
      if (profileSchemas.some((one) => one === undefined)) return NEVER
      return valueTest([compileType(type, structures), ...(profileSchemas as Schema[])], '', compiler)
    },
    profile: (url) => (structures.find(url) ? compileProfile(url, structures) : undefined),
  }
  const make = (name: string): QuickTest => {
    const test = types.get(name) ?? valueTest([compileType(name, structures)], '', compiler)
    types.set(name, test)
    return test
  }
  return compiler
}

/** Keywords about the properties of an object. */
const OBJECT_KEYWORDS = [
  'properties',
  'additionalProperties',
  'fhirRequired',
  'fhirChoice',
  'fhirElement',
  'fhirLists',
  'fhirCoded',
  'fhirSiblings',
] as const

/** Keywords about the items of a list. */
const LIST_KEYWORDS = ['items', 'minItems', 'maxItems', 'fhirExtensions', 'fhirSlices'] as const

const VALUE_KEYWORDS = ['type', 'const', 'minimum', 'maximum', 'maxLength', 'fhirFormat', 'fhirType', 'fhirResource']

/** A schema with any other keyword compiles to NEVER. */
const COMPILED_KEYWORDS = new Set<string>([
  ...OBJECT_KEYWORDS,
  ...LIST_KEYWORDS,
  ...VALUE_KEYWORDS,
  ...Object.keys(KEYWORD_TESTS),
])

function valueTest(given: readonly Schema[], name: string, compiler: TestCompiler): QuickTest {
  const schemas = withProfilesAndTypes(given, compiler)
  if (schemas.some((one) => Object.keys(one).some((key) => !COMPILED_KEYWORDS.has(key)))) return NEVER
  const has = (keys: readonly (keyof Schema)[]): boolean =>
    schemas.some((one) => keys.some((key) => one[key] !== undefined))
  const type = schemas.find((one) => one.fhirType !== undefined)?.fhirType
  return allOf([
    ...(type === undefined ? [] : [compiler.type(type)]),
    ...schemas.filter(isPrimitiveSchema).map(typeTest),
    ...schemas.flatMap(limitTests),
    ...schemas.flatMap(constTest),
    ...(schemas.some((one) => one.fhirResource) ? [resourceTest(name, compiler)] : []),
    ...(has(LIST_KEYWORDS) ? [listTest(schemas, name, compiler)] : []),
    ...(has(OBJECT_KEYWORDS) ? [objectTest(schemas, compiler)] : []),
    ...schemas.flatMap((one) => keywordTests(one, compiler)),
  ])
}

const isPrimitiveSchema = ({ type, fhirType, fhirResource, properties, items }: Schema): boolean =>
  type !== undefined && type !== 'object' && type !== 'array' && !fhirType && !fhirResource && !properties && !items

const constTest = (schema: Schema): QuickTest[] =>
  schema.const === undefined ? [] : [(value) => value === schema.const]

function keywordTests(schema: Schema, { engine }: TestCompiler): readonly QuickTest[] {
  return Object.entries(schema).flatMap(([key, value]) => {
    const make = Object.hasOwn(KEYWORD_TESTS, key) ? KEYWORD_TESTS[key] : undefined
    return make ? [make(value as never, engine, schema)] : []
  })
}

/**
 * Replaces `fhirProfile` by the schemas of the profiles and, where a schema adds to the properties of an object,
 * `fhirType` by the schema of the type. A choice of several profiles stays, and compiles to NEVER.
 */
function withProfilesAndTypes(given: readonly Schema[], { engine, profile }: TestCompiler): readonly Schema[] {
  const { structures } = engine.definitions
  const schemas = given.flatMap(({ fhirProfile = [], ...rest }): readonly Schema[] => {
    if (fhirProfile.some((urls) => urls.length > 1)) return [{ ...rest, fhirProfile }]
    // A profile without a definition adds nothing.
    return [rest, ...fhirProfile.flat().flatMap((url) => profile(url) ?? [])]
  })
  if (!schemas.some((one) => OBJECT_KEYWORDS.some((key) => one[key] !== undefined))) return schemas
  return schemas.flatMap(({ fhirType, ...rest }): readonly Schema[] =>
    fhirType === undefined ? [rest] : [compileType(fhirType, structures), rest],
  )
}
