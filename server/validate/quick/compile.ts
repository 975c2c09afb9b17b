/**
 * Schemas to tests. All schemas that hold for a value (its type's, its profiles', a slice's) become one test, so that
 * the value is walked once. A keyword that is not in the tables here makes the test say no: then the schemas decide.
 */
import { compileProfile, compileType } from '../compile/structure-definition.ts'
import type { Schema } from '../compile/schema.ts'
import type { ValidationEngine } from '../check-context.ts'
import { KEYWORD_TESTS } from './keywords.ts'
import { listTest } from './list.ts'
import { objectTest } from './object.ts'
import { formTest, limitTests } from './primitive.ts'
import { resourceTest } from './resource.ts'
import type { TestCompiler } from './test-compiler.ts'
import { allOf, NEVER } from './test.ts'
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
      const more = profiles.map((url) => compiler.profile(url))
      if (more.some((one) => one === undefined)) return NEVER
      return valueTest([compileType(type, structures), ...(more as Schema[])], '', compiler)
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

/** Keywords that are about the properties of an object. */
const OF_OBJECTS = [
  'properties',
  'additionalProperties',
  'fhirRequired',
  'fhirChoice',
  'fhirElement',
  'fhirLists',
  'fhirCoded',
  'fhirSiblings',
] as const

/** Keywords that are about the items of a list. */
const OF_LISTS = ['items', 'minItems', 'maxItems', 'fhirExtensions', 'fhirSlices'] as const

const OF_VALUES = ['type', 'const', 'minimum', 'maximum', 'maxLength', 'fhirFormat', 'fhirType', 'fhirResource']

const KNOWN = new Set<string>([...OF_OBJECTS, ...OF_LISTS, ...OF_VALUES, ...Object.keys(KEYWORD_TESTS)])

function valueTest(stated: readonly Schema[], name: string, compiler: TestCompiler): QuickTest {
  const schemas = unfolded(stated, compiler)
  if (schemas.some((one) => Object.keys(one).some((key) => !KNOWN.has(key)))) return NEVER
  const has = (keys: readonly (keyof Schema)[]): boolean =>
    schemas.some((one) => keys.some((key) => one[key] !== undefined))
  const type = schemas.find((one) => one.fhirType !== undefined)?.fhirType
  return allOf([
    ...(type === undefined ? [] : [compiler.type(type)]),
    ...schemas.filter(isForm).map(formTest),
    ...schemas.flatMap(limitTests),
    ...schemas.flatMap(constTest),
    ...(schemas.some((one) => one.fhirResource) ? [resourceTest(name, compiler)] : []),
    ...(has(OF_LISTS) ? [listTest(schemas, name, compiler)] : []),
    ...(has(OF_OBJECTS) ? [objectTest(schemas, compiler)] : []),
    ...schemas.flatMap((one) => keywordTests(one, compiler)),
  ])
}

const isForm = ({ type, fhirType, fhirResource, properties, items }: Schema): boolean =>
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
 * The schemas with profiles on types put beside them and, where more is said of an object than its type says, its shape
 * in place of the name. Where one of several profiles would do, they stay: then the schemas decide.
 */
function unfolded(stated: readonly Schema[], { engine, profile }: TestCompiler): readonly Schema[] {
  const { structures } = engine.definitions
  const schemas = stated.flatMap(({ fhirProfile = [], ...rest }): readonly Schema[] => {
    if (fhirProfile.some((urls) => urls.length > 1)) return [{ ...rest, fhirProfile }]
    // A profile that is not at hand asks nothing.
    return [rest, ...fhirProfile.flat().flatMap((url) => profile(url) ?? [])]
  })
  if (!schemas.some((one) => OF_OBJECTS.some((key) => one[key] !== undefined))) return schemas
  return schemas.flatMap(({ fhirType, ...rest }): readonly Schema[] =>
    fhirType === undefined ? [rest] : [compileType(fhirType, structures), rest],
  )
}
