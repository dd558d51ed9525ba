// How large a document may be, as one process judges it (docs/graphql.md). The services behind a
// gateway allow more, for what a gateway sends them is longer than what it was asked.
const { MAX_TOKENS = '1000', MAX_ALIASES = '15', MAX_DIRECTIVES = '50', MAX_DEPTH = '12' } =
  process.env;

export const maxTokens = Number(MAX_TOKENS);

// A validation rule; each gateway hands in the GraphQLError of its own graphql package.
export const withinLimits = (GraphQLError) => (context) => {
  const refuse = (message) =>
    context.reportError(new GraphQLError(message, { extensions: { code: 'LIMIT_EXCEEDED' } }));
  let aliases = 0;
  let directives = 0;
  return {
    Field: ({ alias }) => void (aliases += alias ? 1 : 0),
    Directive: () => void directives++,
    Document: {
      leave(document) {
        if (aliases > MAX_ALIASES) refuse(`at most ${MAX_ALIASES} aliases, found ${aliases}`);
        if (directives > MAX_DIRECTIVES)
          refuse(`at most ${MAX_DIRECTIVES} directives, found ${directives}`);
        const depth = depthOf(document);
        if (depth > MAX_DEPTH) refuse(`selections nest at most ${MAX_DEPTH} deep, found ${depth}`);
      },
    },
  };
};

// How deep fields nest, but for introspection; each fragment is measured once, and one that
// contains itself is refused by another rule.
function depthOf({ definitions }) {
  const fragments = new Map();
  for (const definition of definitions)
    if (definition.kind === 'FragmentDefinition') fragments.set(definition.name.value, definition);
  const known = new Map();
  const fragmentDepth = (name) => {
    if (!known.has(name)) {
      known.set(name, 0);
      known.set(name, depth(fragments.get(name)?.selectionSet));
    }
    return known.get(name);
  };
  const depth = (set) =>
    (set?.selections ?? []).reduce((deepest, selection) => {
      if (selection.kind === 'FragmentSpread')
        return Math.max(deepest, fragmentDepth(selection.name.value));
      if (selection.kind === 'InlineFragment')
        return Math.max(deepest, depth(selection.selectionSet));
      const introspection = selection.name.value.startsWith('__');
      return introspection ? deepest : Math.max(deepest, 1 + depth(selection.selectionSet));
    }, 0);
  return Math.max(0, ...definitions.map(({ selectionSet }) => depth(selectionSet)));
}
