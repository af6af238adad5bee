## Uploaded documents

label-file = File
error-file-empty = This file is empty. Choose another one.
error-file-too-large = This file is too large. Upload a smaller one, or a photo with less detail.
error-file-too-many = There are too many files. Upload some now and the others afterwards.
