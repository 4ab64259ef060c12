import t from 'tap';
import { ScoreBoard } from '../../src/train/index.js';

t.test('accuracy and top 5 of scores', (t) => {
  const board = new ScoreBoard();
  board.add([0.1, 0.9, 0, 0, 0, 0, 0.2], [1]);
  board.add([6, 5, 4, 3, 2, 1, 0], [4]);
  board.add([6, 5, 4, 3, 2, 1, 0, 7, 5, 4, 3, 2, 1, 0], [6, 6]);
  t.same(board.evaluation(), { accuracy: 0.25, top5: 0.5, count: 4 });
  t.end();
});

t.test('of equal scores the first class wins; NaN never does', (t) => {
  const board = new ScoreBoard();
  board.add([1, 1, 0], [0]);
  board.add([1, 1, 0], [1]);
  board.add([NaN, NaN, NaN], [0]);
  t.same(board.evaluation(), { accuracy: 1 / 3, top5: 2 / 3, count: 3 });
  t.end();
});
