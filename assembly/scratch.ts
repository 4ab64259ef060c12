/** 4 KB that are used by one function at a time: builds with threads store such zeros in their file. */
export const scratch: usize = memory.data(4096, 16);
