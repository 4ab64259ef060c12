// Coverage of TypeScript: the source as JavaScript that counts how often each branch was taken, and the texts that it compares with.
import ts from 'typescript';

const { factory: f } = ts;

/** Globals of test/fuzz/instrumented.ts. */
const COUNTERS = 'lopperEdges';

/**
 * Places: each function's start, both arms of an `if` and of `?:`, each round of a loop and what follows it, each case, what is caught, and the right side of
 * `&&`, `||` and `??`.
 *
 * @param next gives an edge's number
 * @param word called with each text of the source that an input may hold
 */
export function instrumentTs(source, path, next, word) {
  const transformers = { before: [(context) => (file) => ts.visitNode(file, visitor(context, next, word))] };
  const compilerOptions = {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    verbatimModuleSyntax: false,
  };
  return ts.transpileModule(source, { fileName: path, compilerOptions, transformers }).outputText;
}

const WORD = /^[\w.:/-]{1,40}$/;
const LOGICAL = [
  ts.SyntaxKind.AmpersandAmpersandToken,
  ts.SyntaxKind.BarBarToken,
  ts.SyntaxKind.QuestionQuestionToken,
];

function visitor(context, next, word) {
  /** lopperEdges[n]++; a Uint8Array wraps at 256. */
  const count = () =>
    f.createPostfixIncrement(f.createElementAccessExpression(f.createIdentifier(COUNTERS), next()));
  const counted = (expression) => f.createParenthesizedExpression(f.createComma(count(), expression));
  const statement = () => f.createExpressionStatement(count());
  const block = (inner) => f.createBlock([statement(), ...(ts.isBlock(inner) ? inner.statements : [inner])]);
  const children = (node) => ts.visitEachChild(node, visit, context);

  /** Loops and branches, and behind them one more counter. */
  const followed = (node, changed) => (isInBlock(node) ? [changed, statement()] : changed);

  function visit(node) {
    if (ts.isStringLiteral(node) && WORD.test(node.text) && !isModule(node)) word(node.text);
    const inner = children(node);
    if (ts.isIfStatement(inner)) {
      const other = inner.elseStatement && block(inner.elseStatement);
      return followed(node, f.updateIfStatement(inner, inner.expression, block(inner.thenStatement), other));
    }
    if (ts.isIterationStatement(inner, false)) return followed(node, withBody(inner, block(inner.statement)));
    if (ts.isCaseOrDefaultClause(inner)) return withStatements(inner, [statement(), ...inner.statements]);
    if (ts.isCatchClause(inner))
      return f.updateCatchClause(inner, inner.variableDeclaration, block(inner.block));
    if (ts.isConditionalExpression(inner)) {
      const { condition, questionToken, whenTrue, colonToken, whenFalse } = inner;
      return f.updateConditionalExpression(
        inner,
        condition,
        questionToken,
        counted(whenTrue),
        colonToken,
        counted(whenFalse),
      );
    }
    if (ts.isBinaryExpression(inner) && LOGICAL.includes(inner.operatorToken.kind))
      return f.updateBinaryExpression(inner, inner.left, inner.operatorToken, counted(inner.right));
    if (ts.isFunctionLike(inner) && inner.body)
      return withBody(inner, functionBody(inner.body, counted, block));
    return inner;
  }
  return visit;
}

function functionBody(body, counted, block) {
  return ts.isBlock(body) ? block(body) : counted(body);
}

/** Whether one more statement may follow. */
function isInBlock({ parent }) {
  return ts.isBlock(parent) || ts.isSourceFile(parent) || ts.isCaseOrDefaultClause(parent);
}

function isModule({ parent }) {
  return ts.isImportDeclaration(parent) || ts.isExportDeclaration(parent);
}

function withStatements(clause, statements) {
  return ts.isCaseClause(clause)
    ? f.updateCaseClause(clause, clause.expression, statements)
    : f.updateDefaultClause(clause, statements);
}

/** The loop or function with another body. */
function withBody(node, body) {
  if (ts.isForStatement(node))
    return f.updateForStatement(node, node.initializer, node.condition, node.incrementor, body);
  if (ts.isForOfStatement(node))
    return f.updateForOfStatement(node, node.awaitModifier, node.initializer, node.expression, body);
  if (ts.isForInStatement(node)) return f.updateForInStatement(node, node.initializer, node.expression, body);
  if (ts.isWhileStatement(node)) return f.updateWhileStatement(node, node.expression, body);
  if (ts.isDoStatement(node)) return f.updateDoStatement(node, body, node.expression);
  return functionWithBody(node, body);
}

function functionWithBody(node, body) {
  const { modifiers, asteriskToken, name, typeParameters, parameters, type } = node;
  if (ts.isArrowFunction(node))
    return f.updateArrowFunction(
      node,
      modifiers,
      typeParameters,
      parameters,
      type,
      node.equalsGreaterThanToken,
      body,
    );
  if (ts.isFunctionDeclaration(node))
    return f.updateFunctionDeclaration(
      node,
      modifiers,
      asteriskToken,
      name,
      typeParameters,
      parameters,
      type,
      body,
    );
  if (ts.isFunctionExpression(node))
    return f.updateFunctionExpression(
      node,
      modifiers,
      asteriskToken,
      name,
      typeParameters,
      parameters,
      type,
      body,
    );
  if (ts.isMethodDeclaration(node))
    return f.updateMethodDeclaration(
      node,
      modifiers,
      asteriskToken,
      name,
      node.questionToken,
      typeParameters,
      parameters,
      type,
      body,
    );
  if (ts.isGetAccessor(node))
    return f.updateGetAccessorDeclaration(node, modifiers, name, parameters, type, body);
  // A constructor may have to call super first: it is left as it is.
  return node;
}
