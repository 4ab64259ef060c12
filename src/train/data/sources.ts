/** A file of a public data set: what is fetched, and what its content must be. */
export interface SourceFile {
  /** Added to the source's address. */
  name: string;
  /** Largest plausible download in bytes; a longer answer is refused before it fills the disk. */
  maximum: number;
  /** Of the file as fetched. */
  sha256?: string;
  /** Of its content after gunzip: a mirror may have compressed it anew. */
  contentSha256?: string;
}

/** A public data set that can be fetched. */
export interface Source {
  address: string;
  files: SourceFile[];
  /** The files are tar archives, of which the members with this suffix are kept; absent: files are kept as fetched. */
  tarMembers?: string;
}

/** PyTorch's mirror of MNIST (LeCun, Cortes, Burges), and the author's page of CIFAR-10 (Krizhevsky 2009). */
export const SOURCES: Readonly<Record<string, Source>> = {
  mnist: {
    address: 'https://ossci-datasets.s3.amazonaws.com/mnist/',
    files: [
      {
        name: 'train-images-idx3-ubyte.gz',
        maximum: 12_000_000,
        contentSha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
      },
      {
        name: 'train-labels-idx1-ubyte.gz',
        maximum: 60_000,
        contentSha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
      },
      {
        name: 't10k-images-idx3-ubyte.gz',
        maximum: 2_000_000,
        contentSha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
      },
      {
        name: 't10k-labels-idx1-ubyte.gz',
        maximum: 10_000,
        contentSha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
      },
    ],
  },
  cifar10: {
    address: 'https://www.cs.toronto.edu/~kriz/',
    files: [
      {
        name: 'cifar-10-binary.tar.gz',
        maximum: 180_000_000,
        sha256: 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
      },
    ],
    tarMembers: '.bin',
  },
};
